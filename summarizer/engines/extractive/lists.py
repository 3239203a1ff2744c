"""Word lists as sets, so that a list reads as words."""

from __future__ import annotations


def word_set(listed: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(listed.split())


def phrase_set(listed: str) -> frozenset[str]:
    """The phrases of a text, which commas divide."""
    return frozenset(phrase.strip() for phrase in listed.split(",") if phrase.strip())
