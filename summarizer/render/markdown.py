"""A Summary as Markdown, for a chat or an issue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from summarizer.render import wording
from summarizer.render.characters import line

if TYPE_CHECKING:
    from summarizer.schema import Background, Reaction, Summary, When, Where, Who

#: Entities, because not every Markdown takes a backslash before these.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKUP = re.compile(r"[\\`*_\[\]{}|~$^&<>]")
#: What is markup only where a block starts: headings, lists, rules, underlines, quick actions.
_BLOCK_START = re.compile(r"\A(?:(\d{1,9})(?=[.)])|(?=[-#+=/:]))")
#: What sites turn into links only after the Markdown is rendered, when a backslash is gone.
_LINKED = re.compile(
    r"""
      @                                  # @name, name@example.org
    | [\#!~%$&\[] (?=\w)                 # #12; GitLab's other references
    | \b GH- (?=\d)
    | : (?=//)                           # a URL of any scheme
    | \b (?:mailto|xmpp|tel|data|javascript): (?=\S)
    | (?<=\w) \. (?=[^\W\d_]{2})         # example.org
    | : (?=[\w+-]+:)                     # :tada:
    | \b (?=[0-9a-f]*[a-f]) (?=[0-9a-f]*\d) [0-9a-f]{4} (?=[0-9a-f]{3,36}\b)  # a commit
    """,
    re.VERBOSE | re.IGNORECASE,
)
#: Word joiner: no reader sees it, and no name or address holds one.
_GAP = "\u2060"


def escape(text: str) -> str:
    """The text on one line, to be read as plain text wherever Markdown may stand.

    It can become no markup, HTML, link, image, mention, reference or code fence. An unseen
    word joiner (U+2060) stands where a site would make a link of plain words.
    """
    gapped = _LINKED.sub(lambda found: found[0] + _GAP, line(text))
    escaped = _MARKUP.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), gapped)
    return _BLOCK_START.sub(r"\1\\", escaped)


def strong(text: str) -> str:
    """The text escaped and emphasized; nothing if it is empty, where asterisks are a rule."""
    escaped = escape(text)
    return f"**{escaped}**" if escaped else ""


def code(text: str) -> str:
    """The text on one line as a code span, in which nothing is markup."""
    text = line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    # A space on both sides is dropped again, and keeps a backtick from the fence.
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"


def to_markdown(summary: Summary) -> str:
    """The record as GitHub-flavoured Markdown, ended by a line feed."""
    blocks = [f"## {escape(wording.title(summary))}"]
    source = [escape(part) for part in wording.source(summary)]
    if location := wording.location(summary):
        source.append(code(location))
    blocks.append(" · ".join(source))
    what = escape(summary.what.statement) if summary.what else _NONE
    blocks.append(f"**What:** {what}")
    lists = {
        "Who": [_who(who) for who in summary.who],
        "Where": [_where(where) for where in summary.where],
        "When": [_when(when) for when in summary.when],
        "Reactions": [_reaction(reaction) for reaction in summary.reactions],
        "Background": [_background(fact) for fact in summary.background],
    }
    for title, entries in lists.items():
        listed = "\n".join(f"- {entry}" for entry in entries)
        blocks.append(f"**{title}**\n\n{listed}" if entries else f"**{title}:** {_NONE}")
    blocks += ["---", " · ".join(_footer(summary))]
    return "\n\n".join(blocks) + "\n"


_NONE = "none found"


def _footer(summary: Summary) -> list[str]:
    parts = [escape(wording.tally(summary)), escape(wording.engine(summary))]
    if prompt := summary.provenance.prompt:
        parts.append(f"prompt {code(prompt)}")
    return parts


def _who(who: Who) -> str:
    after = wording.role(who)
    # escape() drops outer spaces.
    return f"{strong(who.name)}{' ' * after.startswith(' ')}{escape(after)}"


def _where(where: Where) -> str:
    name = strong(where.name)
    return f"{name} ({escape(where.country)})" if where.country else name


def _when(when: When) -> str:
    date = strong(wording.date(when.date)) if when.date else "no date"
    return f"{date}: {escape(when.event)} (“{escape(when.text)}”)"


def _reaction(reaction: Reaction) -> str:
    entry = f"{strong(reaction.speaker)} ({reaction.stance}): {escape(reaction.statement)}"
    if reaction.quote is not None:
        entry += f"\n  “{escape(reaction.quote.text)}”"
    if reaction.attribution == "unverified":
        entry += f"\n  ({wording.UNVERIFIED})"
    return entry


def _background(fact: Background) -> str:
    date = f" ({escape(wording.date(fact.date))})" if fact.date else ""
    return f"{escape(fact.statement)}{date}"
