"""What of a page's tree a reader sees.

A page may hold text that is never shown, such as instructions meant for a machine that
reads along: it is not part of the article. What is hidden by the kind of its element, an
attribute, an inline style or a simple rule of the page's own style sheets is removed.
Style sheets kept elsewhere are not fetched, and scripts do not run.
"""

from __future__ import annotations

from lxml.html import HtmlElement

from summarizer.sources.markup import KEPT_ATTRIBUTES
from summarizer.sources.styles import InlineStyle, StyleSheet

#: Elements whose content is not shown as part of the page's text.
_UNSEEN = frozenset(
    "annotation annotation-xml applet area audio button canvas datalist embed iframe input map "
    "meter noembed noframes noscript object optgroup option progress rp script select style svg "
    "template textarea video".split()
)
#: Class names that frameworks give to text for screen readers only.
_UNSEEN_CLASSES = frozenset(
    "screen-reader-text screen-reader-only sr-only visually-hidden visuallyhidden".split()
)
#: What hides these hides the whole page until a script runs: that tells nothing.
_ROOTS = frozenset(("html", "head", "body"))
_CELLS = frozenset("caption col colgroup tbody td tfoot th thead tr".split())
_BLOCKS_IN_CELLS = "div h1 h2 h3 h4 p table ul article section".split()
_SUPERSCRIPTS = {ord(a): b for a, b in zip("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻", strict=True)}
_LONGEST_VALUE = 1000


def keep_visible(tree: HtmlElement) -> None:
    """Remove from the tree, in place, what is not seen; write what is drawn into its text.

    Drawn are the quotation marks of `<q>` and the place of a superscript digit, without
    which 10 to the 6th would read as 106.
    """
    sheet = StyleSheet([style.text or "" for style in tree.iter("style")])
    _prune(tree, sheet, frozenset())
    for element in tree.iter("q", "sup"):
        _draw(element)
    for table in list(tree.iter("table")):
        if any(
            cell.find(f".//{tag}") is not None
            for cell in table.iter("td")
            for tag in _BLOCKS_IN_CELLS
        ):
            _dissolve(table)
    for element in tree.iter():
        _scrub(element)


def _prune(element: HtmlElement, sheet: StyleSheet, dimmed: frozenset[str]) -> None:
    """Remove what is unseen in an element; `dimmed` are the properties that hide its text."""
    style = element.get("style")
    if style is not None and element.tag not in _ROOTS:
        inline = InlineStyle.read(style)
        dimmed = (dimmed - inline.shows) | inline.dims
    if dimmed:
        element.text = None
    for child in list(element):
        if dimmed:
            child.tail = None
        if _is_unseen(child, sheet):
            child.drop_tree()  # its tail stays
        else:
            _prune(child, sheet, dimmed)


def _is_unseen(element: HtmlElement, sheet: StyleSheet) -> bool:
    if not isinstance(element.tag, str):
        return True
    if element.tag in _UNSEEN or (element.tag == "dialog" and element.get("open") is None):
        return True
    if element.tag in _ROOTS:
        return False
    if element.get("hidden") is not None:
        return True
    if element.get("aria-hidden", "").strip().lower() == "true":
        return True
    classes = frozenset(element.get("class", "").split())
    if classes & _UNSEEN_CLASSES or sheet.hides(element.tag, element.get("id", ""), classes):
        return True
    style = element.get("style")
    return style is not None and InlineStyle.read(style).removes


def _draw(element: HtmlElement) -> None:
    if element.tag == "sup":
        text = element.text or ""
        if len(element) == 0 and all(ord(character) in _SUPERSCRIPTS for character in text):
            element.text = text.translate(_SUPERSCRIPTS)
        return
    element.text = "“" + (element.text or "")
    if len(element):
        element[-1].tail = (element[-1].tail or "") + "”"
    else:
        element.text += "”"
    element.tag = "span"  # in a block of its own, it would break its paragraph


def _dissolve(table: HtmlElement) -> None:
    """Make plain blocks of a table that lays out a page: its cells hold blocks, not data."""
    for part in table.iterdescendants(*_CELLS):
        if next(part.iterancestors("table"), None) is table:
            part.tag = "div"
    table.tag = "div"


def _scrub(element: HtmlElement) -> None:
    for name, value in element.attrib.items():
        if name not in KEPT_ATTRIBUTES or name in ("style", "href", "content"):
            del element.attrib[name]
        elif len(value) > _LONGEST_VALUE:
            element.set(name, value[:_LONGEST_VALUE])
