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
    "repair/user.md": frozenset({"problems", "uncited"}),
}
_FENCED = re.compile(
    r"^<<<ARTICLE (?P<nonce>[0-9a-f]+)\n(?P<article>.*)\nARTICLE (?P=nonce)>>>$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class PromptSet:
    """The prompt files of one folder. `id` is `name@sha256[:8]` over all of them."""

    id: str
    system: str
    user: str
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
        system, user, repair = texts.values()
        return cls(f"summarize@{digest.hexdigest()[:8]}", system, user, repair)

    def render_user(self, article: Article, *, nonce: str | None = None) -> str:
        """The user's turn for an article. `nonce` is for tests; a given one is kept."""
        published = article.published
        return _fill(
            self.user,
            {
                "published": f"{published.isoformat()} ({published:%A})"
                if published
                else "unknown",
                "nonce": nonce or _nonce_for(article.text),
                "article": article.text,
            },
        )

    def render_repair(self, *, problems: str, uncited: str) -> str:
        """The turn that asks for the failed items once more."""
        return _fill(self.repair, {"problems": problems, "uncited": uncited})


def article_in(message: str) -> str | None:
    """The article that a rendered user's turn carries, or None."""
    match = _FENCED.search(message)
    return match["article"] if match else None


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


def _fill(template: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)


def _nonce_for(text: str) -> str:
    while (nonce := secrets.token_hex(8)) in text:
        pass
    return nonce
