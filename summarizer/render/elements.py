"""HTML elements whose content is escaped unless its type says that it is markup."""

from __future__ import annotations

import html
import re

from summarizer.render.characters import line, shown

_VOID = frozenset({"link", "meta"})


class Markup(str):
    """Finished HTML. Only this module makes it from text."""

    __slots__ = ()


def element(name: str, /, *content: str, **attributes: str | None) -> Markup:
    """An element. Content that is not Markup is text: put on one line and escaped.

    An attribute that is None is left out. In an attribute's name an outer underscore is
    dropped (`class_`) and an inner one is a hyphen (`aria_label`).
    """
    start = "".join(
        f' {key.strip("_").replace("_", "-")}="{html.escape(line(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{start}>")
    return Markup(f"<{name}{start}>{joined(*content)}</{name}>")


def joined(*content: str) -> Markup:
    """The content one after the other; what is not Markup is put on one line and escaped."""
    return Markup("".join(one if isinstance(one, Markup) else _text(one) for one in content))


def verbatim(text: str) -> Markup:
    """The text with its spaces and line ends, and a visible sign for each hidden control.

    A reader of the page gets exactly `shown(text)` from it.
    """
    escaped = html.escape(shown(text))
    # Alone it ends a line, which no browser shows; the element holds no text.
    escaped = re.sub(r"\r(?!\n)", "\r<br>", escaped)
    # A parser would make a line feed of it, or leave it out before one.
    return Markup(escaped.replace("\r", "&#13;"))


def code_element(name: str, code: str) -> Markup:
    """A `style` or `script` element around code of this package.

    Raises ValueError if the code could end its element or start another.
    """
    if "<" in code:
        raise ValueError(f"{name} code must hold no '<'")
    return Markup(f"<{name}>{code}</{name}>")


def _text(text: str) -> str:
    """The text on one line, with its outer spaces: they part it from its neighbours."""
    return f"{' ' * text.startswith(' ')}{html.escape(line(text))}{' ' * text.endswith(' ')}"
