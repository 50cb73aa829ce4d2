"""What each plain parameter finds."""

from __future__ import annotations

from typing import Any

from tests.support.api import Api
from tests.support.finding import check, three_places, titles


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
