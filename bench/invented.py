"""Invented news articles: any number of them, all distinct, each made of its number alone."""

from __future__ import annotations

import datetime as dt
import random

_FIRST = (
    "Ada Bruno Carla Dario Elin Faris Greta Hugo Irena Jonas Kira Leo Mara Nils Olga Pavel".split()
)
_LAST = (
    "Abend Birk Corvin Dahl Estev Falk Gruber Holm Ivers Jansen Keller Lund Moreau Novak Orsted "
    "Petrov Quist Rossi Stern Thorne Ulrich Varga Weiss Yilmaz Zeman"
).split()
_PLACES = (
    "Oslo Bergen Turin Porto Ghent Graz Lyon Malaga Bilbao Tampere Aarhus Krakow Split Varna "
    "Leeds Cork"
).split()
_BODIES = "Harbour Railway Water Housing Energy Postal Forest Museum".split()
_DEEDS = (
    ("closed", "the old depot", "closing"),
    ("opened", "a new terminal", "opening"),
    ("cancelled", "the night service", "cancellation"),
    ("approved", "a repair plan", "approval"),
    ("suspended", "the summer tariff", "suspension"),
    ("sold", "its western branch", "sale"),
)
_VIEWS = (
    ("welcomed", "“This is the best news in years,”"),
    ("criticised", "“Nobody asked the people who live here,”"),
    ("condemned", "“We will take this to court,”"),
    ("praised", "“It was long overdue,”"),
)


def article(number: int) -> str:
    """The text of an article. The same number gives the same text, and no other does."""
    chance = random.Random(number)
    place, other = chance.sample(_PLACES, 2)
    body = f"{place} {chance.choice(_BODIES)} Authority"
    verb, thing, noun = chance.choice(_DEEDS)
    view, words = chance.choice(_VIEWS)
    director, critic = (f"{chance.choice(_FIRST)} {chance.choice(_LAST)}" for _ in range(2))
    day = dt.date(2031, 1, 1) + dt.timedelta(days=chance.randrange(300))
    before = day - dt.timedelta(days=chance.randrange(30, 300))
    return f"""{body} {verb} {thing} in {place}

{place.upper()}, {_written(day)} - The {body} {verb} {thing} in {place} on {day:%A} under order
number {number + 1000}, its director {director} said.

{words} said {critic}, who speaks for the residents of {other}. The group {view} the {noun} in
a letter to the city council.

The authority had announced the {noun} on {_written(before)}, after talks with {other} broke
down. It employs {chance.randrange(200, 5000)} people.
"""


def _written(day: dt.date) -> str:
    return f"{day.day} {day:%B} {day.year}"
