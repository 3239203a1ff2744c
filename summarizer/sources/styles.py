"""What of a page its styles hide: inline styles, and the simple rules of its style sheets.

A simple rule selects by tag, id and classes of one element, outside of any condition. A
rule that looks at other elements or at the screen is not followed, except that one which
may show an element again is taken to show it: a visible paragraph must not be lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from summarizer.sources.decode import NotText

_COMMENT = re.compile(r"/\*(?>.*?(?:\*/|\Z))", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_NUMBER = re.compile(r"([+-]?[0-9.]+)([a-z%]*)")
_SIMPLE = re.compile(r"([a-z][a-z0-9]*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
_PART = re.compile(r"([.#])([\w-]+)")
_COMBINATOR = re.compile(r"[\s>+~]")
_PSEUDO = re.compile(r"::?[\w-]+(?:\([^)]*\))?|\[[^\]]*\]")
_INHERITED = ("visibility", "font-size", "color")
_IMPORTANT = re.compile(r"!\s*important", re.IGNORECASE)
#: A colour without any opacity, in one of its forms.
_CLEAR = re.compile(
    r"transparent|#[0-9a-f]{3}0|#[0-9a-f]{6}00"
    r"|(?:rgb|hsl)a?\((?:[^,)]*,){3}\s*0*\.?0*%?\s*\)|[a-z]+\([^)/]*/\s*0*\.?0*%?\s*\)"
)
_SCREEN = re.compile(r"@media\s+(?:only\s+)?(?:screen|all)", re.IGNORECASE)
_LONGEST_SELECTOR = 300
_MOST_WORK = 5_000_000
#: A share of opacity or size at which nothing is read any more.
_FAINT = 0.05
#: Further out than this, an element is off every screen. CSS pixels.
_FAR = 900.0


@dataclass(frozen=True, slots=True)
class InlineStyle:
    """What an element's `style` attribute does to what is seen of it.

    `removes`: the element and all in it are not seen. `dims` and `shows`: the inherited
    properties by which it makes text unseen, and those by which it is seen again; text is
    seen where none dims it.
    """

    removes: bool
    dims: frozenset[str]
    shows: frozenset[str]

    @classmethod
    def read(cls, style: str) -> InlineStyle:
        """The style that the attribute's value `style` means."""
        declarations = _declarations(style)
        dimming = {
            name: _dims(name, value) for name, value in declarations.items() if name in _INHERITED
        }
        return cls(
            removes=_invisible(declarations),
            dims=frozenset(name for name, dims in dimming.items() if dims),
            shows=frozenset(name for name, dims in dimming.items() if not dims),
        )


@dataclass(frozen=True, slots=True)
class _Selector:
    """A selector of one element, by any of its tag, id and classes."""

    tag: str | None
    ids: frozenset[str]
    classes: frozenset[str]

    def selects(self, tag: str, identity: str, classes: frozenset[str]) -> bool:
        return self.tag in (None, tag) and self.ids <= {identity} and self.classes <= classes


#: Which of two rules wins: important, number of ids, of classes, of tags, place in the sheets.
_Strength = tuple[int, int, int, int, int]


class StyleSheet:
    """The simple rules on visibility of a page's own style sheets.

    Raises NotText for style sheets that it would take too long to follow.
    """

    def __init__(self, sheets: list[str]) -> None:
        # By one of the selector's parts, then by selector and property: the strongest
        # rule, and whether it hides.
        self._rules: dict[str, dict[tuple[_Selector, str], tuple[_Strength, bool]]] = {}
        self._work = 0
        for place, (selectors, style) in enumerate(_rules("\n".join(sheets))):
            self._add(selectors, style, place)

    def hides(self, tag: str, identity: str, classes: frozenset[str]) -> bool:
        """Whether the strongest rules for such an element make it invisible."""
        strongest: dict[str, tuple[_Strength, bool]] = {}
        for key in (tag, f"#{identity}", *(f".{name}" for name in classes)):
            rules = self._rules.get(key, {})
            self._count(len(rules))
            for (selector, name), rule in rules.items():
                if selector.selects(tag, identity, classes):
                    strongest[name] = max(strongest.get(name, rule), rule)
        return any(hiding for _, hiding in strongest.values())

    def _add(self, selectors: str, style: str, place: int) -> None:
        properties = _visibility(style)
        important = int(_IMPORTANT.search(style) is not None)
        for given in selectors.split(",") if properties else ():
            self._count(20)
            read = _selector(given.strip()) if len(given) <= _LONGEST_SELECTOR else None
            if read is None:
                continue
            selector, simple = read
            parts = [f"#{name}" for name in selector.ids] + [f".{n}" for n in selector.classes]
            key = parts[0] if parts else selector.tag or ""
            rules = self._rules.setdefault(key, {})
            # What looks further around itself is stronger than any simple rule.
            ids = len(selector.ids) if simple else 1000
            strength = (important, ids, len(selector.classes), int(bool(selector.tag)), place)
            for name, hiding in properties.items():
                if simple or not hiding:
                    rule = (strength, hiding)
                    rules[selector, name] = max(rules.get((selector, name), rule), rule)

    def _count(self, work: int) -> None:
        self._work += work
        if self._work > _MOST_WORK:
            raise NotText("has style sheets out of all proportion")


def _visibility(style: str) -> dict[str, bool]:
    """The properties of a rule that show or hide, and whether they hide."""
    declarations = _declarations(style)
    properties = {
        name: _invisible({name: value})
        for name, value in declarations.items()
        if name in ("display", "opacity")
    }
    if "visibility" in declarations:
        properties["visibility"] = _dims("visibility", declarations["visibility"])
    if _invisible(declarations) and not any(properties.values()):
        properties["place"] = True
    return properties


def _selector(given: str) -> tuple[_Selector, bool] | None:
    """What a selector says of the element itself, and whether that is all it says."""
    bare = _PSEUDO.sub("", given).strip()
    own = _COMBINATOR.split(bare)[-1]
    match = _SIMPLE.fullmatch(own)
    if match is None or not own:
        return None
    parts = _PART.findall(match[2])
    selector = _Selector(
        tag=match[1].lower() if match[1] else None,
        ids=frozenset(name for mark, name in parts if mark == "#"),
        classes=frozenset(name for mark, name in parts if mark == "."),
    )
    return selector, own == given


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """The (selectors, declarations) of the sheet's own level, and of `@media screen` or all."""
    css = _COMMENT.sub(" ", css)
    start, depth, skipped = 0, 0, 0
    selectors = ""
    for match in re.finditer(r"[{};]", css):
        mark, here = match[0], match.start()
        if mark == ";":
            if depth == 0:  # an at-rule without a block
                start = here + 1
            continue
        if mark == "{":
            if depth == 0:
                selectors = css[start:here].strip()
                if _SCREEN.fullmatch(selectors):
                    start = here + 1
                    continue
                if selectors.startswith("@"):
                    skipped = 1
            elif depth == 1 and not skipped:  # a rule nested in this one, after declarations
                yield selectors, css[start:here].rpartition(";")[0]
            depth += 1
        elif depth:  # else it ends an @media block that was entered
            if depth == 1 and not skipped:
                yield selectors, css[start:here]
            depth -= 1
            skipped = skipped if depth else 0
        start = here + 1


def _declarations(style: str) -> dict[str, str]:
    """The properties and values of a style; of several values for one, the one that wins."""
    style = _ESCAPE.sub(_unescaped, _COMMENT.sub("", style)).lower()
    normal: dict[str, str] = {}
    important: dict[str, str] = {}
    for part in style.split(";"):
        name, _, value = part.partition(":")
        value, marked = _IMPORTANT.subn("", value)
        if value.strip():
            (important if marked else normal)[name.strip()] = value.strip()
    return normal | important


def _unescaped(match: re.Match[str]) -> str:
    if match[2] is not None:
        return match[2]
    point = int(match[1], 16)
    return chr(point) if point < 0x110000 else "\ufffd"


def _dims(name: str, value: str) -> bool:
    if name == "color":
        return _CLEAR.fullmatch(value) is not None
    if name == "font-size":
        return _pixels(value) <= 1
    return value in ("hidden", "collapse")


def _invisible(style: dict[str, str]) -> bool:
    if style.get("display") == "none" or style.get("content-visibility") == "hidden":
        return True
    if any(_share(style.get(name, "")) <= _FAINT for name in ("opacity", "zoom")):
        return True
    if _same_colours(style):
        return True
    if style.get("overflow") in ("hidden", "clip") and any(
        _pixels(style.get(name, "")) in (0.0, 1.0) for name in ("width", "height")
    ):
        return True
    if style.get("position") in ("absolute", "fixed"):
        if "clip" in style and style["clip"].replace(" ", "").startswith(("rect(0", "rect(1px")):
            return True
        if any(_pixels(style.get(name, "")) <= -_FAR for name in ("left", "top", "right")):
            return True
    if style.get("clip-path", "").replace(" ", "") in ("inset(50%)", "inset(100%)", "circle(0)"):
        return True
    return _pixels(style.get("text-indent", "")) <= -_FAR or "scale(0)" in style.get(
        "transform", ""
    ).replace(" ", "")


def _same_colours(style: dict[str, str]) -> bool:
    background = style.get("background-color") or style.get("background", "")
    return bool(background) and style.get("color") == background


def _share(value: str) -> float:
    """A share of one, also given in per cent, or NaN."""
    return _pixels(value.removesuffix("%")) / (100 if value.endswith("%") else 1)


def _pixels(value: str) -> float:
    """A length in CSS pixels, roughly; NaN, which compares as false, if it is none."""
    match = _NUMBER.fullmatch(value)
    try:
        number = float(match[1]) if match else float("nan")
    except ValueError:
        return float("nan")
    unit = match[2] if match else ""
    return number * {"em": 16, "rem": 16, "vw": 12, "vh": 8, "%": 10}.get(unit, 1)
