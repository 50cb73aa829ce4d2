"""What each plain parameter finds."""

from __future__ import annotations

from typing import Any

from tests.support.api import Api

REASON = {"assessment_reason": "a list"}


def titles(api: Api, question: str, kind: str = "incidents") -> set[str]:
    answer = api.public.get(f"/v1/{kind}?limit=1000&{question}")
    assert answer.status_code == 200, answer.text
    return {i["title" if kind != "sources" else "name"] for i in answer.json()["items"]}


def check(api: Api, expected: dict[str, str], kind: str = "incidents") -> None:
    """Each question finds exactly the records named by the letters beside it."""
    for question, letters in expected.items():
        assert titles(api, question, kind) == set(letters), question


def three_places(api: Api) -> None:
    api.incident(
        title="a",
        country="SYR",
        admin1="Aleppo",
        admin1_code="SY02",
        admin2="Jebel Saman",
        event_type="grenade",
        cause="small_arms",
        verification_status="confirmed",
        tags=["x"],
        code="C, 1",
    )
    api.incident(
        title="b",
        country="IRQ",
        admin1="Nineveh",
        admin1_code="IQ09",
        place="Mosul",
        event_type="execution",
        date_precision="month",
        date_start="2016-12-01",
        date_end="2016-12-31",
    )
    api.incident(
        title="c",
        country=None,
        admin1="SY02",
        lon=1,
        lat=1,
        location_precision="settlement",
        assessment_rule="envelope",
    )


def test_words_of_value_lists_and_places(api: Api) -> None:
    three_places(api)
    check(
        api,
        {
            "country=SYR": "a",
            "country=SYR,IRQ": "ab",
            "country=LBN": "",
            "admin1=Aleppo": "a",
            "admin1=SY02": "ac",
            "admin1_code=SY02": "a",
            "admin1=aleppo": "",
            "admin2=Jebel%20Saman": "a",
            "place=Mosul": "b",
            "event_type=grenade": "a",
            "event_type=grenade,execution": "ab",
            "event_type=unknown": "c",
            "cause=small_arms": "a",
            "verification_status=confirmed": "a",
            "verification_status=unreviewed": "bc",
            "date_precision=month": "b",
            "location_precision=settlement": "c",
            "assessment_rule=envelope": "abc",
            "workflow=published": "abc",
            "workflow=draft": "",
            "sharing=public": "abc",
            "code=C,%201": "a",
            "partner=desk": "abc",
            "partner=alpha": "",
            "partner=alpha,desk": "abc",
            "country=SYR&event_type=execution": "",
        },
    )  # fmt: skip


def test_dates_and_how_they_meet(api: Api) -> None:
    api.incident(title="d", date_start="2016-12-06")
    api.incident(title="m", date_start="2016-12-01", date_end="2016-12-31")
    api.incident(title="y", date_start="2016-01-01", date_end="2016-12-31")
    api.incident(title="n", date_start=None)
    check(
        api,
        {
            "date=2016-12-06": "dmy",
            "date=2016-12-07": "my",
            "date=2016": "dmy",
            "date=2015": "",
            "date=2016-12-06&date_match=within": "d",
            "date=2016-12&date_match=within": "dm",
            "date=2016&date_match=within": "dmy",
            "date=2016-12&date_match=start": "dm",
            "date=2016-01&date_match=start": "y",
            "date=2016-12&date_match=overlap": "dmy",
            "date=2016-12-07/..": "my",
            "date=../2016-12-05": "my",
            "date=../2015": "",
            "date=2016-12-02/2016-12-05&date_match=start": "",
            "date=0001/9999": "dmy",
        },
    )


def test_boxes(api: Api) -> None:
    for title, lon, lat in (
        ("a", 37.16, 36.2),
        ("e", 180, -17),
        ("w", -180, -17),
        ("f", 179.5, -17),
        ("n", 0, 90),
        ("o", 0, 0),
    ):
        api.incident(title=title, lon=lon, lat=lat)
    api.incident(title="u")
    check(
        api,
        {
            "bbox=37,36,37.4,36.4": "a",
            "bbox=37.16,36.2,37.16,36.2": "a",
            "bbox=37.1600001,36,38,37": "",
            "bbox=-180,-90,180,90": "aewfno",
            "bbox=179,-20,-179,-10": "ewf",
            "bbox=179.6,-20,-179,-10": "ew",
            "bbox=170,-20,180,-10": "ef",
            "bbox=-180,-20,-170,-10": "w",
            "bbox=-1,89,1,90": "n",
            "bbox=37,36,-5,37.4,36.4,5": "a",
            "bbox=-1e0,-1,+1.0,1": "o",
        },
    )


def test_distances(api: Api) -> None:
    api.incident(title="a", lon=37.16, lat=36.2)
    api.incident(title="b", lon=37.17, lat=36.2)  # 897 m east of it
    for title, lon in (("p", 0), ("q", 179)):
        api.incident(title=title, lon=lon, lat=89.9999)  # both 11 m from the pole
    api.incident(title="e", lon=179.999, lat=0)
    api.incident(title="w", lon=-179.999, lat=0)  # 222 m from it, across the antimeridian
    api.incident(title="s", lon=12, lat=-90)
    api.incident(title="u")
    check(
        api,
        {
            "near=37.16,36.2&radius=1": "a",
            "near=37.16,36.2&radius=896": "a",
            "near=37.16,36.2&radius=899": "ab",
            "near=0,90&radius=12": "pq",
            "near=90,89.9999&radius=30": "pq",
            "near=180,0&radius=112": "ew",
            "near=179.999,0&radius=200": "e",
            "near=179.999,0&radius=223": "ew",
            "near=-100,-90&radius=1": "s",
            "near=0,0&radius=20100000": "abpqews",
            "near=37.16,36.2&radius=1e3": "ab",
        },
    )


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


def test_actors_and_their_roles(api: Api) -> None:
    def by(actor: str, role: str = "alleged_perpetrator") -> dict[str, str]:
        return {"actor": actor, "role": role}

    api.incident(title="a", attributions=[by("Air force"), by('"Falcons", the\\', "target")])
    api.incident(title="b", attributions=[by("Air force", "target"), by("Militia")])
    api.incident(title="c", attributions=[by("Air forces")], workflow="draft")
    api.incident(title="d", attributions=[by("قوات", "claimed_responsibility")])
    check(
        api,
        {
            "actor=Air%20force": "ab",
            "actor=air%20force": "",
            "actor=Air%20force&actor_role=alleged_perpetrator": "a",
            "actor=Air%20force&actor_role=target": "b",
            "actor=Air%20force&actor_role=target,alleged_perpetrator": "ab",
            "actor=Air%20force&actor_role=victim_group": "",
            "actor=Militia&actor_role=target": "",
            "actor=%22Falcons%22,%20the%5C": "a",
            "actor=%D9%82%D9%88%D8%A7%D8%AA&actor_role=claimed_responsibility": "d",
            "actor=Air%20forces": "",
            "actor=Air%20force&country=IRQ": "",
        },
    )
    assert [i["title"] for i in api.editor.get("/v1/incidents?actor=Air%20forces").json()["items"]] == ["c"]


def test_words(api: Api) -> None:
    api.incident(title="a", summary="Missile near the council buildings", place="Aghir")
    api.incident(
        title="b", summary="Élysée, Müller und İstanbul", place_names={"ar": "حَلَبُ الشهباء", "en": "Ḥalab"}
    )
    api.incident(title="c", summary="The ambulance's driver: 2 men, AND OR NOT near*", code="SY-0042")
    api.incident(title="d", summary="أطفال ٢٠١٦", admin1="إدلب")
    check(
        api,
        {
            "q=missile": "a",
            "q=MISSILE%20council": "a",
            "q=council%20missile": "a",
            "q=missile%20ambulance": "",
            "q=counc": "a",
            "q=counc%20missile": "",
            "q=missile%20counc": "a",
            "q=elysee": "b",
            "q=%C3%89LYS%C3%89E": "b",
            "q=muller": "b",
            "q=istanbul": "b",
            "q=halab": "b",
            "q=%D8%AD%D9%84%D8%A8": "b",
            "q=%D8%AD%D9%84": "b",
            "q=%D8%A7%D8%AF%D9%84%D8%A8": "d",
            "q=2016": "d",
            "q=%D8%A7%D8%B7%D9%81%D8%A7%D9%84": "d",
            "q=ambulances": "c",
            "q=AND": "c",
            "q=NOT%20OR": "c",
            "q=near": "ac",
            "q=near*%22%27)(": "ac",
            "q=sy%200042": "c",
            "q=aghir": "a",
            "q=nothing": "",
        },
    )


def test_words_of_reports_and_sources(api: Api) -> None:
    source = api.source(name="Halab Today")
    api.report(title="r", excerpt="several were killed", source_id=source["id"], language="ar")
    api.report(title="s", date_published="2015-01-01")
    check(
        api,
        {
            "q=killed": "r",
            "language=ar": "r",
            "date=2016": "r",
            "date=../2015": "s",
            f"source={source['id']}": "r",
            "source_type=local_media": "r",
            "source=src_nobody": "",
        },
        "reports",
    )
    assert titles(api, "q=halab", "sources") == {"Halab Today"}
    assert titles(api, "protected=true", "sources") == set()
    assert titles(api, "source_type=local_media&reliability=F", "sources") == {"Halab Today"}


def test_what_hangs_together(api: Api) -> None:
    source = api.source()
    whole = api.incident(title="w")
    body: dict[str, Any] = {
        "title": "r",
        "workflow": "published",
        "source_id": source["id"],
        "incidents": [
            {"incident": {"title": "a", "source_id": None}},
            {"incident": {"title": "b", "part_of": whole["id"]}},
        ],
    }
    body["incidents"][0]["incident"].pop("source_id")
    report = api.posted("/v1/reports", body)
    api.report(title="other")
    a = next(i for i in api.public.get("/v1/incidents").json()["items"] if i["title"] == "a")
    check(
        api,
        {
            f"report={report['id']}": "ab",
            f"source={source['id']}": "ab",
            f"part_of={whole['id']}": "b",
            f"part_of={whole['id']},{a['id']}": "b",
            "report=rep_nobody": "",
            "source=src_nobody": "",
            f"source={source['id']}&part_of={whole['id']}": "b",
        },
    )
    assert titles(api, f"incident={a['id']}", "reports") == {"r"}
    assert titles(api, "incident=inc_nobody", "reports") == set()
    unnamed = api.patched(f"/v1/incidents/{a['id']}", source_id=None)
    assert unnamed["source_id"] is None
    check(api, {f"source={source['id']}": "ab"})


def test_a_partner_finds_its_own_ids_and_nobody_elses(api: Api) -> None:
    api.incident(by=api.client("editor", "alpha"), title="a", external_id="one")
    api.incident(by=api.client("editor", "beta"), title="b", external_id="one")
    found = api.client("reader", "alpha").get("/v1/incidents?external_id=one").json()["items"]
    assert [(i["title"], i["external_id"]) for i in found] == [("a", "one")]
    assert titles(api, "external_id=one") == set()
    assert len(api.editor.get("/v1/incidents?external_id=one").json()["items"]) == 2
