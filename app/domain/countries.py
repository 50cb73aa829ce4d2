"""Countries: ISO 3166-1 alpha-3 codes, and the names by which sources call them.

Codes and official names come from pycountry (Debian iso-codes). The further names are those of UCDP (after
Gleditsch and Ward's list of states), ACLED, the World Bank and English-language news.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from app.domain.folding import fold
from app.errors import invalid

# Kosovo: a code that ISO leaves to users, used for it by the European Union, the World Bank and UN bodies.
KOSOVO = "XKX"

# Code -> names that neither ISO nor pycountry's common names give. A former name stands where one country
# is its plain successor; "Soviet Union" or "Yugoslavia" alone are not here, because several are.
_ALIASES: dict[str, tuple[str, ...]] = {
    "ARE": ("UAE", "Emirates"),
    "BEN": ("Dahomey",),
    "BES": ("Caribbean Netherlands",),
    "BFA": ("Upper Volta", "Burkina Faso (Upper Volta)"),
    "BIH": ("Bosnia-Herzegovina", "Bosnia & Herzegovina", "Bosnia"),
    "BLR": ("Belarus (Byelorussia)", "Byelorussia"),
    "BRN": ("Brunei",),
    "CAF": ("CAR", "Central African Rep."),
    "CHN": ("PR China", "Mainland China"),
    "CIV": ("Ivory Coast", "Cote d Ivoire", "Republic of Cote d'Ivoire"),
    "COD": (
        "DR Congo",
        "D.R. Congo",
        "DRC",
        "Dem. Rep. Congo",
        "Congo, Dem. Rep.",
        "Congo, DR",
        "Congo, DRC",
        "Congo (DRC)",
        "Democratic Republic of Congo",
        "Democratic Republic of the Congo",
        "Congo, Democratic Republic of",
        "Congo, Democratic Republic of the",
        "Congo (Kinshasa)",
        "Congo-Kinshasa",
        "DR Congo (Zaire)",
        "Congo (Zaire)",
        "Democratic Republic of Congo (Zaire)",
        "Zaire",
    ),
    "COG": (
        "Republic of Congo",
        "Rep. of Congo",
        "Congo, Rep.",
        "Congo, Republic of",
        "Congo, Republic of the",
        "Congo (Brazzaville)",
        "Congo-Brazzaville",
    ),
    "CPV": ("Cape Verde",),
    "CZE": ("Czech Republic",),
    "DEU": ("German Federal Republic", "West Germany"),
    "EGY": ("Egypt, Arab Rep.",),
    "FSM": ("Micronesia, Fed. Sts.",),
    "GBR": ("UK", "U.K.", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland"),
    "GMB": ("The Gambia", "Gambia, The"),
    "BHS": ("The Bahamas", "Bahamas, The"),
    "HKG": ("Hong Kong SAR", "Hong Kong SAR, China"),
    "IRN": ("Iran (Persia)", "Persia", "Iran, Islamic Rep."),
    "ITA": ("Italy/Sardinia",),
    "KGZ": ("Kyrgyz Republic",),
    "KHM": ("Cambodia (Kampuchea)", "Kampuchea"),
    "KNA": ("St. Kitts and Nevis",),
    KOSOVO: ("Kosovo", "Republic of Kosovo"),
    "KOR": ("Korea, South", "Korea, Rep.", "Republic of Korea", "ROK", "S. Korea"),
    "LAO": ("Lao PDR", "Lao"),
    "LCA": ("St. Lucia",),
    "LKA": ("Sri Lanka (Ceylon)", "Ceylon"),
    "MAC": ("Macau", "Macao SAR, China"),
    "MDG": ("Madagascar (Malagasy)", "Malagasy Republic"),
    "MKD": (
        "Macedonia",
        "Macedonia, FYR",
        "FYR Macedonia",
        "FYROM",
        "Macedonia (Former Yugoslav Republic of)",
        "Macedonia, the former Yugoslav Republic of",
        "North Macedonia (Macedonia)",
        "Republic of Macedonia",
    ),
    "MMR": ("Myanmar (Burma)", "Burma", "Burma (Myanmar)", "Myanmar/Burma"),
    "NLD": ("Holland", "The Netherlands"),
    "PRK": ("Korea, North", "Korea, Dem. People's Rep.", "DPRK", "N. Korea", "Korea, People's Republic of"),
    "PSE": (
        "Palestinian Territories",
        "Palestinian Territory",
        "Palestinian Territory, Occupied",
        "Occupied Palestinian Territory",
        "Occupied Palestinian Territories",
        "Gaza",
        "Gaza Strip",
        "West Bank",
        "West Bank and Gaza",
        "West Bank and Gaza Strip",
    ),
    "ROU": ("Rumania", "Roumania"),
    "RUS": ("Russia", "Russia (Soviet Union)"),
    "SOM": ("Somalia (Somaliland)", "Somaliland"),
    "SRB": ("Serbia (Yugoslavia)",),
    "SSD": ("S. Sudan", "Republic of South Sudan"),
    "SUR": ("Surinam",),
    "SVK": ("Slovak Republic",),
    "SWZ": (
        "Swaziland",
        "eSwatini (Swaziland)",
        "Kingdom of eSwatini (Swaziland)",
        "Swaziland (eSwatini)",
    ),
    "SYR": ("Syrian Arab Rep.",),
    "TCD": ("Tchad",),
    "TLS": ("East Timor", "Timor Leste (East Timor)"),
    "TUR": ("Turkey", "Turkiye", "Turkey (Ottoman Empire)", "Turkey/Ottoman Empire", "Republic of Turkey"),
    "TZA": ("Tanzania (Tanganyika)", "Tanzania/Tanganyika", "Tanganyika"),
    "USA": ("USA", "US", "U.S.", "U.S.A.", "United States of America (USA)", "America"),
    "VAT": ("Vatican", "Vatican City", "Vatican City State"),
    "VCT": ("St. Vincent and the Grenadines",),
    "VEN": ("Venezuela, RB",),
    "VGB": ("British Virgin Islands",),
    "VIR": ("US Virgin Islands", "U.S. Virgin Islands", "United States Virgin Islands"),
    "VNM": ("Vietnam (North Vietnam)", "North Vietnam", "Socialist Republic of Vietnam"),
    "YEM": ("Yemen (North Yemen)", "Yemen, Rep.", "North Yemen", "Republic of Yemen"),
    "ZWE": ("Zimbabwe (Rhodesia)", "Rhodesia", "Southern Rhodesia"),
}

# Codes of other lists (IOC, FIFA, vehicles, withdrawn ISO) that people take for ISO's; only ever suggested.
_MISTAKEN = {
    "ALG": "DZA", "BUR": "MMR", "CRO": "HRV", "DEN": "DNK", "EAT": "TZA", "ENG": "GBR", "GER": "DEU",
    "GRE": "GRC", "HAI": "HTI", "INA": "IDN", "IRI": "IRN", "KOS": "XKX", "KSA": "SAU", "LEB": "LBN",
    "LIB": "LBN", "MAS": "MYS", "MYA": "MMR", "NED": "NLD", "NIG": "NGA", "PAL": "PSE", "PHI": "PHL",
    "POR": "PRT", "ROM": "ROU", "RSA": "ZAF", "SLO": "SVN", "SUD": "SDN", "SUI": "CHE", "SYA": "SYR",
    "TMP": "TLS", "VIE": "VNM", "XKO": "XKX", "XKS": "XKX", "ZAI": "COD", "ZAM": "ZMB", "ZAR": "COD",
    "ZIM": "ZWE",
}  # fmt: skip

_LONGEST_NAME = 200


def check_country(code: object, field: str = "country") -> str:
    """The ISO 3166-1 alpha-3 code in upper case, or InvalidInput (``unknown_country``) with what was likely meant."""
    if isinstance(code, str):
        known = _codes().get(code)
        if known is not None:
            return known
    raise invalid(field, _what_was_meant(code), "unknown_country")


def country_from_name(name: str) -> str | None:
    """The alpha-3 code of a country's official, common or former English name; None where none or several fit.

    Case, accents and punctuation do not matter, nor does a leading "the". Codes are not names, save for the few
    that people speak (UK, USA, UAE, DRC).
    """
    return _from_name(name) if len(name) <= _LONGEST_NAME else None


@lru_cache(maxsize=4096)
def _from_name(name: str) -> str | None:
    folded = fold(name)
    return _names().get(folded) or _names().get(folded.removeprefix("the "))


@lru_cache(maxsize=1)
def _countries() -> tuple[Any, ...]:
    import pycountry  # here, because reading its files takes longer than all else at start

    return tuple(pycountry.countries)


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    """Every spelling of a code that is taken (SYR, syr, Syr) -> the code."""
    codes = [country.alpha_3 for country in _countries()] + [KOSOVO]
    return {spelling: code for code in codes for spelling in (code, code.lower(), code.title())}


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    heads: dict[str, set[str]] = {}
    for country in _countries():
        for name in _own_names(country):
            names.setdefault(fold(name), country.alpha_3)
        head, comma, _ = country.name.partition(", ")
        if comma:
            heads.setdefault(fold(head), set()).add(country.alpha_3)
    for code, aliases in _ALIASES.items():
        for alias in aliases:
            names[fold(alias)] = code
    for short, codes in heads.items():
        # "Iran" of "Iran, Islamic Republic of"; never "Korea" nor "Virgin Islands", of which there are two.
        if len(codes) == 1:
            names.setdefault(short, *codes)
    return names


def _own_names(country: Any) -> Iterator[str]:
    for key in ("name", "official_name", "common_name"):
        name = getattr(country, key, None)
        if name is None:
            continue
        yield name
        head, comma, tail = name.partition(", ")
        if comma:
            yield f"{tail} {head}"  # "Islamic Republic of Iran"


@lru_cache(maxsize=1)
def _other_codes() -> dict[str, str]:
    """Alpha-2 and numeric codes, and those of other lists -> alpha-3; for suggestions."""
    others = dict(_MISTAKEN)
    for country in _countries():
        others[country.alpha_2] = others[country.numeric] = country.alpha_3
    others["XK"] = KOSOVO
    return others


def _what_was_meant(code: object) -> str:
    form = "must be an ISO 3166-1 alpha-3 code such as SYR"
    if not isinstance(code, str) or not 0 < len(code) <= _LONGEST_NAME:
        return form
    tried = code.strip().upper()
    guess = _codes().get(tried) or _other_codes().get(tried) or _from_name(code)
    if guess is None and len(tried) > 3:
        near = get_close_matches(fold(code), _names(), n=1, cutoff=0.8)
        guess = _names()[near[0]] if near else None
    if guess is None and len(tried) in (3, 4):
        near = get_close_matches(tried, [known for known in _codes() if known.isupper()], n=1)
        guess = near[0] if near else None
    return form if guess is None else f"{form}; did you mean {guess}?"
