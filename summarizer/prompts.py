"""Prompt files: found, checked and rendered.

A placeholder is `{{name}}` in a prompt file. Values are put in once and never looked at
again, so that an article full of braces, or of placeholders, stays what it is. The article
stands between two lines with a nonce that does not occur in it, so it cannot close its own
fence. The system prompt has no placeholder: its bytes are the same for every article,
which is what providers' prompt caches need.
"""

from __future__ import annotations

import functools
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from summarizer.article import Article
from summarizer.errors import PromptError

_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
_FILES: Mapping[str, frozenset[str]] = {
    "summarize/system.md": frozenset(),
    "summarize/user.md": frozenset({"published", "nonce", "article"}),
    "summarize/window.md": frozenset(
        {"published", "part", "parts", "nonce", "headline", "article"}
    ),
    "summarize/what.md": frozenset({"published", "nonce", "headline", "article", "candidates"}),
    "repair/user.md": frozenset({"problems", "uncited"}),
}
_FENCED = re.compile(
    r"^<<<ARTICLE (?P<nonce>[0-9a-f]+)\n(?P<article>.*)\nARTICLE (?P=nonce)>>>$",
    re.DOTALL | re.MULTILINE,
)

#: A headline is cut there: a text's first paragraph may be taken for one, and a caller's may
#: be anything, and each part of a long article repeats it.
_MOST_HEADLINE = 500


@dataclass(frozen=True, slots=True)
class PromptSet:
    """The prompt files of one folder. `id` is `name@sha256[:8]` over all of them."""

    id: str
    system: str
    user: str
    window: str
    what: str
    repair: str

    @classmethod
    def load(cls, folder: Path | None = None) -> PromptSet:
        """Read and check the prompt files of `folder`, or the ones of this package.

        Raises PromptError if a file is missing or has not exactly the placeholders it
        must have.
        """
        if folder is None:
            return _packaged()
        texts = {name: _read(folder / name, wanted) for name, wanted in _FILES.items()}
        digest = hashlib.sha256()
        for name, text in texts.items():
            digest.update(f"{name}\0{len(text)}\0{text}".encode())
        return cls(f"summarize@{digest.hexdigest()[:8]}", *texts.values())

    def render_user(self, article: Article, *, nonce: str | None = None) -> str:
        """The user's turn for an article. `nonce` is for tests; a given one is kept."""
        return _fill(
            self.user,
            {
                "published": _published(article),
                "nonce": nonce or _nonce_for(article.text),
                "article": article.text,
            },
        )

    def render_window(
        self, article: Article, text: str, *, part: int, parts: int, nonce: str | None = None
    ) -> str:
        """The user's turn for `text`, the part number `part` (from 1) of a long article."""
        headline = _headline(article)
        return _fill(
            self.window,
            {
                "published": _published(article),
                "part": str(part),
                "parts": str(parts),
                "nonce": nonce or _nonce_for(f"{headline}\n{text}"),
                "headline": headline,
                "article": text,
            },
        )

    def render_what(
        self, article: Article, *, beginning: str, candidates: str, nonce: str | None = None
    ) -> str:
        """The turn that asks for the main event of a long article alone.

        `beginning` is that of the article's text. `candidates` are what its parts gave.
        """
        headline = _headline(article)
        return _fill(
            self.what,
            {
                "published": _published(article),
                "nonce": nonce or _nonce_for(f"{headline}\n{beginning}\n{candidates}"),
                "headline": headline,
                "article": beginning,
                "candidates": candidates,
            },
        )

    def render_repair(self, *, problems: str, uncited: str) -> str:
        """The turn that asks for the failed items once more."""
        return _fill(self.repair, {"problems": problems, "uncited": uncited})


def article_in(message: str) -> str | None:
    """The article that a rendered user's turn carries, or None.

    It is the last in the turn: the system prompt, with the articles of its examples, stands
    before it for an endpoint that takes no system's turn.
    """
    found = list(_FENCED.finditer(message))
    return found[-1]["article"] if found else None


@functools.cache
def _packaged() -> PromptSet:
    """The prompts of the wheel, or of the repository that this file lies in."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_prompts", here.parent / "prompts"):
        if folder.is_dir():
            return PromptSet.load(folder)
    raise PromptError("the package's prompt files are missing: it is not installed whole")


def _read(path: Path, wanted: frozenset[str]) -> str:
    name = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"the prompt file {name} cannot be read") from error
    found = _PLACEHOLDER.findall(text)
    if missing := sorted(wanted - set(found)):
        raise PromptError(f"the prompt file {name} lacks {{{{{missing[0]}}}}}")
    if unknown := sorted(set(found) - wanted):
        raise PromptError(f"the prompt file {name} has an unknown {{{{{unknown[0]}}}}}")
    if not text.strip():
        raise PromptError(f"the prompt file {name} is empty")
    return text.strip() + "\n"


def _published(article: Article) -> str:
    published = article.published
    return f"{published.isoformat()} ({published:%A})" if published else "unknown"


def _headline(article: Article) -> str:
    """The headline on one line, not too long."""
    headline = " ".join((article.title or "").split()) or "(none)"
    if len(headline) > _MOST_HEADLINE:
        cut = headline[: _MOST_HEADLINE - 1]
        headline = f"{cut.rpartition(' ')[0] or cut} …"
    return headline


def _fill(template: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)


def _nonce_for(text: str) -> str:
    while (nonce := secrets.token_hex(8)) in text:
        pass
    return nonce
