"""What is certain of a record's dates, place and names, and what is only possible."""

from __future__ import annotations

from tests.support.api import Api
from tests.support.finding import REASON, check


def test_figures_and_how_sure_they_are(api: Api) -> None:
    for title, low, best, high in (
        ("z", 0, 0, 0),
        ("n", None, None, None),
        ("m", 3, 5, 9),
        ("o", 4, None, None),
        ("t", None, None, 6),
        ("b", None, 5, None),
    ):
        stated = {"killed_low": low, "killed_best": best, "killed_high": high}
        api.incident(title=title, **stated, **(REASON if title != "n" else {}))
    api.incident(title="w", wounded_low=1, wounded_best=2, wounded_high=3, **REASON)
    check(
        api,
        {
            "killed_at_least=0": "zmb",
            "killed_at_most=0": "z",
            "killed_at_least=5": "mb",
            "killed_at_least=6": "",
            "killed_at_least=4&certainty=certain": "o",
            "killed_at_least=3&certainty=certain": "mo",
            "killed_at_least=6&certainty=possible": "motb",
            "killed_at_least=10&certainty=possible": "ob",
            "killed_at_most=6&certainty=certain": "zt",
            "killed_at_most=9&certainty=certain": "zmt",
            "killed_at_most=3&certainty=possible": "zmtb",
            "killed_at_most=0&certainty=possible": "ztb",
            "killed_at_least=1&killed_at_most=5": "mb",
            "wounded_at_least=2": "w",
            "wounded_at_most=3&certainty=certain": "w",
            "wounded_at_least=1&killed_at_least=1": "",
        },
    )


def test_what_is_certain_of_dates_and_what_is_possible(api: Api) -> None:
    api.incident(title="d", date_start="2016-12-06")
    api.incident(title="m", date_start="2016-12-01", date_end="2016-12-31")
    api.incident(title="n", date_start="2016-12-05", date_end="2016-12-06", date_precision="part_of_day")
    api.incident(title="u", date_start=None)
    check(
        api,
        {
            "date=2016-12-06&certainty=certain": "d",
            "date=2016-12-06&certainty=certain&date_match=within": "d",
            "date=2016-12-06&certainty=possible": "dmn",
            "date=2016-12-06&certainty=possible&date_match=overlap": "dmn",
            "date=2016-12-06&certainty=best&date_match=start": "d",
            "date=2016-12-15&certainty=certain": "",
            "date=2016-12-15&certainty=possible": "m",
            "date=2016-12-05/2016-12-06&certainty=certain": "dn",
            "date=2016-12&certainty=certain": "dmn",
            "date=2016-12-06/..&certainty=certain": "d",
            "date=../2016-12-06&certainty=certain": "dn",
        },
    )


def test_what_is_certain_of_places_and_what_is_possible(api: Api) -> None:
    centre = {"lon": 37.16, "lat": 36.2}
    for title, precision in (
        ("e", "exact_point"),
        ("s", "settlement"),
        ("p", "admin1"),
        ("c", "country"),
        ("u", "unknown"),
    ):
        api.incident(title=title, **centre, location_precision=precision)
    # Published as a district: the exact point decides nothing, not even for those who may read it.
    api.incident(title="g", **centre, location_precision="exact_point", location_generalised_to="admin2")
    api.incident(title="w", location_precision="country")
    check(
        api,
        {
            "bbox=37,36,37.4,36.4": "espcug",
            "bbox=37,36,37.4,36.4&certainty=best": "espcug",
            "bbox=37,36,37.4,36.4&certainty=certain": "e",
            "bbox=36.5,35.5,38,37&certainty=certain": "es",
            "bbox=33,32,42,40&certainty=certain": "esg",
            "bbox=28,28,46,44&certainty=certain": "espg",
            "bbox=-180,-90,180,90&certainty=certain": "espcug",
            "bbox=37.3,36,37.4,36.4&certainty=possible": "spcug",
            "bbox=39,36,40,36.4&certainty=possible": "pcug",
            "bbox=41.5,36,42,36.4&certainty=possible": "pcu",
            "bbox=170,-20,-170,-10&certainty=possible": "cu",
            "near=37.16,36.2&radius=29000&certainty=certain": "e",
            "near=37.16,36.2&radius=31000&certainty=certain": "es",
            "near=37.16,36.2&radius=20100000&certainty=certain": "espcug",
            "near=37.26,36.2&radius=100&certainty=possible": "spcug",
            "near=37.66,36.2&radius=100&certainty=possible": "pcug",
            "near=-142,-36&radius=100&certainty=possible": "cu",
        },
    )
    question = "/v1/incidents?bbox=37,36,37.4,36.4&certainty=certain"
    assert [item["title"] for item in api.editor.get(question).json()["items"]] == ["e"]


def test_what_is_certain_of_names_and_what_is_possible(api: Api) -> None:
    api.incident(title="a", country="SYR", admin1="Aleppo", admin1_code="SY02")
    api.incident(title="b", country="SYR", admin1="Aleppo", place="Al-Bab")
    api.incident(title="d", country="SYR", admin1="Aleppo", admin2="Jebel Saman")
    api.incident(title="p", country="SYR", admin1="Aleppo", location_precision="part_of_country")
    api.incident(title="c", country="SYR")
    api.incident(title="h", country="SYR", admin1="Homs")
    api.incident(title="s", country="SYR", place="A village", location_precision="settlement")
    api.incident(title="i", country="SYR", location_precision="international")
    api.incident(title="n", country=None)
    check(
        api,
        {
            "country=SYR": "abdpchsi",
            "country=SYR&certainty=certain": "abdpchs",
            "country=SYR&certainty=possible": "abdpchsi",
            "admin1=Aleppo": "abdp",
            "admin1=Aleppo&certainty=certain": "abd",
            "admin1=Aleppo&certainty=possible": "abdpci",
            "admin1_code=SY02&certainty=certain": "a",
            "admin1_code=SY02&certainty=possible": "aci",
            "admin2=Jebel%20Saman&certainty=certain": "d",
            "admin2=Jebel%20Saman&certainty=possible": "dabpchi",
            "admin1=Aleppo&admin2=Jebel%20Saman&certainty=possible": "dabpci",
        },
    )


def test_one_certainty_decides_all_at_once_and_everywhere(api: Api) -> None:
    sure = {"killed_low": 5, "killed_best": 5, "killed_high": 5, **REASON}
    api.incident(title="a", date_start="2016-12-06", **sure)
    api.incident(title="b", date_start="2016-12-01", date_end="2016-12-31", **sure)
    api.incident(title="c", date_start="2016-12-06", killed_low=1, killed_best=5, killed_high=9, **REASON)
    question = "date=2016-12-06&killed_at_least=5"
    check(api, {question: "abc", f"{question}&certainty=certain": "a"})
    check(api, {"date=2016-12-06&killed_at_least=6&certainty=possible": "c"})
    sure_only = f"{question}&certainty=certain"
    (total,) = api.public.get(f"/v1/totals?{sure_only}").json()["items"]
    assert (total["incidents"], total["killed_best"]) == (1, 5)
    told = api.public.get(f"/v1/incidents/facets?facets=country&{sure_only}").json()
    assert told["facets"]["country"] == [{"value": "SYR", "incidents": 1}]
    assert api.public.get(f"/v1/incidents?f=csv&fields=title&{sure_only}").text.count("\n") == 2
    asked = {"date": "2016-12-06", "killed_at_least": 5, "certainty": "certain"}
    found = api.public.post("/v1/incidents/search", json=asked).json()["items"]
    assert [item["title"] for item in found] == ["a"]
