"""An invented article, and pages that hold it with one line more."""

from __future__ import annotations

from summarizer import layout
from summarizer.layout import Kind

HEADLINE = "Ferry runs aground off Brackwater in thick fog"
FIRST = "A ferry with 84 people aboard ran aground off Brackwater early on Monday, police said."
SECOND = "Nobody was hurt, and a tug pulled the ship free at high tide, the harbour master said."
THIRD = "The line's owner said that it would look into why the ship had left its usual channel."
BODY = f"{FIRST}\n\n{SECOND}\n\n{THIRD}"
PAGE = f"{HEADLINE}\n\n{BODY}\n"


def kinds(text: str) -> dict[str, Kind]:
    """What each block says -> its kind."""
    return {text[block.start : block.end]: block.kind for block in layout.read(text).blocks}


def kind_of(line: str, text: str) -> Kind:
    """The kind of the block that holds a line."""
    block = layout.read(text).block_at(text.index(line))
    assert block is not None
    return block.kind


def above(line: str) -> str:
    """The article below a line."""
    return f"{line}\n\n{PAGE}"


def below_headline(line: str) -> str:
    """The article with a line between headline and body."""
    return f"{HEADLINE}\n\n{line}\n\n{BODY}\n"


def within(line: str) -> str:
    """The article with a line behind its first paragraph."""
    return f"{HEADLINE}\n\n{FIRST}\n\n{line}\n\n{SECOND}\n\n{THIRD}\n"


def at_foot(*lines: str) -> str:
    """The article above some lines."""
    return PAGE + "\n" + "\n\n".join(lines) + "\n"
