"""Answers made from the article in a request, so that grounding holds or fails on purpose.

The extractive engine drafts; `SPOILED` names the ways to spoil a draft. None of this is a
model's answer. Each function here is a script for `LoopbackServer`.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from summarizer.draft import Draft
from summarizer.testing.replies import Reply, Script, answer, error

#: A person and a place that no article knows.
STRANGER = "Zebulon Quarmby"
_INVENTED = f"{STRANGER} signed it twice in Ostravograd"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def article_in(request: Mapping[str, Any]) -> str:
    """The article's text in a request, or the first message of the user as it is."""
    from summarizer import prompts

    said = [
        message["content"]
        for message in request.get("messages", ())
        if isinstance(message, dict)
        and message.get("role") == "user"
        and isinstance(message.get("content"), str)
    ]
    for text in said:
        found = prompts.article_in(text)
        if found is not None:
            return found
    return said[0] if said else ""


def drafted(request: Mapping[str, Any]) -> Draft | None:
    """What the extractive engine makes of the article in a request; None if it holds none."""
    return _draft(article_in(request))


def grounded(request: dict[str, Any]) -> Reply:
    """Every item is supported by the article."""
    return _made(request, lambda draft: draft)


def ungrounded(request: dict[str, Any]) -> Reply:
    """No item is supported by the article: each cites what it does not say."""
    return _made(request, _all_invented)


def partly(*ways: str) -> Script:
    """Right but for what `ways`, names of `SPOILED`, do to it; all of them if none is given.

    A way leaves a draft as it is if that has no item to spoil.
    """
    chosen = [SPOILED[way] for way in ways or SPOILED]

    def spoil(draft: Draft) -> Draft:
        return functools.reduce(lambda made, way: way(made), chosen, draft)

    return lambda request: _made(request, spoil)


def mended(*ways: str) -> Script:
    """As `partly` for the article alone; right when anything more was said since."""
    first = partly(*ways)
    assert not isinstance(first, Reply)

    def reply(request: dict[str, Any]) -> Reply:
        asked_again = any(turn.get("role") == "assistant" for turn in request["messages"])
        return grounded(request) if asked_again else first(request)

    return reply


def _made(request: Mapping[str, Any], change: Callable[[Draft], Draft]) -> Reply:
    draft = drafted(request)
    if draft is None:
        return error(400, "there is no article in the request")
    return answer(change(draft))


@functools.lru_cache(maxsize=128)
def _draft(text: str) -> Draft | None:
    from summarizer.article import Article
    from summarizer.engines import extractive
    from summarizer.errors import SourceError

    try:
        article = Article.from_text(text)
    except SourceError:
        return None
    return extractive.draft(article)


def _with_first(draft: Draft, field: str, **changes: Any) -> Draft:
    """The draft with changes to the first item of a field, if it has one."""
    items = getattr(draft, field)
    if not items:
        return draft
    return draft.model_copy(update={field: [items[0].model_copy(update=changes), *items[1:]]})


def _invented_evidence(draft: Draft) -> Draft:
    field = next((name for name in ("background", "where") if getattr(draft, name)), "who")
    return _with_first(draft, field, evidence=[_INVENTED])


def _wrong_name(draft: Draft) -> Draft:
    return _with_first(draft, "who", name=STRANGER)


def _wrong_date(draft: Draft) -> Draft:
    """The first full date is a day late."""
    for number, item in enumerate(draft.when):
        if item.date is not None and _DAY.fullmatch(item.date):
            late = dt.date.fromisoformat(item.date) + dt.timedelta(days=1)
            changed = item.model_copy(update={"date": late.isoformat()})
            when = [*draft.when[:number], changed, *draft.when[number + 1 :]]
            return draft.model_copy(update={"when": when})
    return draft


def _unmarked_quote(draft: Draft) -> Draft:
    """Words of the article that stand outside quotation marks are given as direct speech."""
    if not draft.reactions:
        return draft
    return _with_first(draft, "reactions", quote=draft.reactions[0].evidence[0])


def _all_invented(draft: Draft) -> Draft:
    invented = {"evidence": [_INVENTED]}
    lists = ("who", "where", "when", "reactions", "background")
    return draft.model_copy(
        update={
            "what": draft.what and draft.what.model_copy(update=invented),
            **{
                name: [item.model_copy(update=invented) for item in getattr(draft, name)]
                for name in lists
            },
        }
    )


#: The ways to spoil a draft: what each does is what grounding is there to find.
SPOILED: Mapping[str, Callable[[Draft], Draft]] = {
    "invented-evidence": _invented_evidence,
    "unmarked-quote": _unmarked_quote,
    "wrong-date": _wrong_date,
    "wrong-name": _wrong_name,
}
