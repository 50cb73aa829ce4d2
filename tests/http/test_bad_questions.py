"""Wrong questions, keys, conditions and routes: refused with the parameter at fault, never read as "everything"."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from app.query import cursor as cursors
from app.query.cursor import Cursor
from tests.support.api import Api
from tests.support.state import problem, state_of

ANY = {"If-Match": "*"}
NOBODY = "inc_01je7pysj4ez3v6p9b7q2v5w8x"

WRONG: list[tuple[str, str]] = [
    ("nonsense=1", "nonsense"),
    ("Country=SYR", "Country"),
    ("country[]=SYR", "country[]"),
    ("=1", ""),
    ("offset=10", "offset"),
    ("country=SYR&country=IRQ", "country"),
    ("limit=1&limit=1", "limit"),
    ("country=XXX", "country"),
    ("country=", "country"),
    ("country=SYR,", "country"),
    ("country=SYR,XXX", "country"),
    ("event_type=magic", "event_type"),
    ("verification_status=confirmed,maybe", "verification_status"),
    ("admin1=", "admin1"),
    ("admin1=%20", "admin1"),
    ("admin1=%00", "admin1"),
    ("place=%ED%A0%80", "place"),
    ("place=%FF", "place"),
    ("place=" + "a" * 4001, "place"),
    ("limit=0", "limit"),
    ("limit=-1", "limit"),
    ("limit=1000000000", "limit"),
    ("limit=1001", "limit"),
    ("limit=abc", "limit"),
    ("limit=1.0", "limit"),
    ("limit=", "limit"),
    ("limit=%D9%A3", "limit"),
    ("limit=99999999999999999999999999", "limit"),
    ("bbox=1,2,3", "bbox"),
    ("bbox=a,b,c,d", "bbox"),
    ("bbox=nan,1,2,3", "bbox"),
    ("bbox=1,2,3,inf", "bbox"),
    ("bbox=0,0,4239,1", "bbox"),
    ("bbox=0,2,1,1", "bbox"),
    ("bbox=0,-91,1,1", "bbox"),
    ("bbox=", "bbox"),
    ("near=37,36", "radius"),
    ("radius=5", "near"),
    ("near=37&radius=5", "near"),
    ("near=37,36,1&radius=5", "near"),
    ("near=a,b&radius=5", "near"),
    ("near=nan,1&radius=5", "near"),
    ("near=1_0,1&radius=5", "near"),
    ("near=%D9%A3,1&radius=5", "near"),
    ("near=4239,36&radius=5", "near"),
    ("near=37,91&radius=5", "near"),
    ("near=37,36&radius=0", "radius"),
    ("near=37,36&radius=-1", "radius"),
    ("near=37,36&radius=nan", "radius"),
    ("near=37,36&radius=inf", "radius"),
    ("near=37,36&radius=1e999", "radius"),
    ("near=37,36&radius=1e9", "radius"),
    ("near=37,36&radius=" + "9" * 3000, "radius"),
    ("date=2016-13", "date"),
    ("date=2017-02-30", "date"),
    ("date=0000", "date"),
    ("date=10000", "date"),
    ("date=yesterday", "date"),
    ("date=", "date"),
    ("date=..", "date"),
    ("date=../..", "date"),
    ("date=2016/2017/2018", "date"),
    ("date=2017/2016", "date"),
    ("date=2016-12-06T00:00:00Z", "date"),
    ("date_match=within", "date_match"),
    ("date=2016&date_match=around", "date_match"),
    ("killed_at_least=-1", "killed_at_least"),
    ("killed_at_least=1.5", "killed_at_least"),
    ("killed_at_least=true", "killed_at_least"),
    ("killed_at_least=" + "9" * 30, "killed_at_least"),
    ("killed_at_least=2000000001", "killed_at_least"),
    ("wounded_at_most=", "wounded_at_most"),
    ("certainty=certain", "certainty"),
    ("killed_at_least=1&certainty=sure", "certainty"),
    ("date_match=within&certainty=certain", "certainty"),
    ("place=Aleppo&certainty=possible", "certainty"),
    ("date=2016&date_match=overlap&certainty=certain", "date_match"),
    ("date=2016&date_match=start&certainty=certain", "date_match"),
    ("date=2016&date_match=within&certainty=possible", "date_match"),
    ("date=2016&date_match=start&certainty=possible", "date_match"),
    ("actor=", "actor"),
    ("actor_role=target", "actor_role"),
    ("actor=x&actor_role=culprit", "actor_role"),
    ("q=", "q"),
    ("q=%20", "q"),
    ("q=%22%27*", "q"),
    ("q=%00", "q"),
    ("q=%ED%A0%80", "q"),
    ("%00=1", "?"),
]
PAGING: list[tuple[str, str]] = [
    ("sort=title", "sort"),
    ("sort=", "sort"),
    ("sort=--date_start", "sort"),
    ("sort=date_start,id", "sort"),
    ("sort=+date_start", "sort"),
    ("fields=nonsense", "fields"),
    ("fields=", "fields"),
    ("fields=id,,title", "fields"),
    ("fields=lon_exact", "fields"),
    ("fields=search_text", "fields"),
    ("include=sources", "include"),
    ("include=", "include"),
    ("count=yes", "count"),
    ("count=1", "count"),
    ("cursor=", "cursor"),
    ("cursor=abc", "cursor"),
    ("cursor=%2B%2B%2B%2B", "cursor"),
    ("cursor=" + "a" * 2000, "cursor"),
    ("cursor=%D9%A3", "cursor"),
]


def test_wrong_parameters_of_lists_and_totals(api: Api) -> None:
    api.incident()
    before = state_of(api.database)
    for question, field in WRONG:
        problem(api.public.get(f"/v1/incidents?{question}"), 400, field, code="invalid-parameter")
        if field != "limit":
            problem(api.public.get(f"/v1/totals?{question}"), 400, field)
    for question, field in PAGING:
        problem(api.public.get(f"/v1/incidents?{question}"), 400, field, code="invalid-parameter")
        problem(api.public.get(f"/v1/totals?{question}"), 400, question.partition("=")[0])
    assert state_of(api.database) == before


def test_wrong_parameters_of_the_other_kinds(api: Api) -> None:
    for path, field in (
        ("/v1/reports?killed_at_least=1", "killed_at_least"),
        ("/v1/reports?date_match=within&date=2016", "date_match"),
        ("/v1/reports?bbox=0,0,1,1", "bbox"),
        ("/v1/sources?protected=1", "protected"),
        ("/v1/sources?sort=name", "sort"),
        ("/v1/sources?include=reports", "include"),
        ("/v1/sources?date=2016", "date"),
        ("/v1/keys?role=god", "role"),
        ("/v1/partners?q=a", "q"),
        ("/v1/fields?kind=victims", "kind"),
        ("/v1/fields?what=1", "what"),
        ("/v1?what=1", "what"),
        ("/health/live?what=1", "what"),
        ("/health/ready?what=1", "what"),
        (f"/v1/incidents/{NOBODY}?country=SYR", "country"),
        (f"/v1/incidents/{NOBODY}?fields=nonsense", "fields"),
        (f"/v1/incidents/{NOBODY}/claims?limit=1", "limit"),
    ):
        problem(api.public.get(path), 400, field)
    incident = api.incident()
    before = state_of(api.database)
    for method, path, field in (
        ("POST", "/v1/incidents?dry_run=true", "dry_run"),
        ("PATCH", f"/v1/incidents/{incident['id']}?force=1", "force"),
        ("DELETE", f"/v1/incidents/{incident['id']}?reason=a&force=1", "force"),
        ("DELETE", f"/v1/incidents/{incident['id']}", "reason"),
        ("DELETE", f"/v1/incidents/{incident['id']}?reason=%20", "reason"),
        ("DELETE", f"/v1/incidents/{incident['id']}?reason={'a' * 501}", "reason"),
        ("DELETE", f"/v1/incidents/{incident['id']}?reason=a%0Ab", "reason"),
        ("DELETE", f"/v1/incidents/{incident['id']}?reason=a&replaced_by={NOBODY}", "replaced_by"),
        ("DELETE", f"/v1/incidents/{incident['id']}?reason=a&replaced_by={incident['id']}", "replaced_by"),
    ):
        body = {"json": {}} if method in ("POST", "PATCH") else {}
        problem(api.editor.request(method, path, headers=ANY, **body), 400, field)  # type: ignore[arg-type]
    assert state_of(api.database) == before


def test_a_cursor_that_was_altered_or_belongs_elsewhere(api: Api) -> None:
    for n in range(3):
        api.incident(title=f"incident {n}")
        api.report(title=f"report {n}")
    page = api.public.get("/v1/incidents?limit=1").json()
    cursor = parse_qs(urlsplit(page["next"]).query)["cursor"][0]
    wrong = {
        cursor[:-1],
        cursor[1:],
        cursor[:20],
        cursor + "A",
        cursor + "=",
        f" {cursor}",
        cursor.swapcase(),
    }
    for at in range(0, len(cursor), 3):
        other = "A" if cursor[at] != "A" else "B"
        wrong.add(cursor[:at] + other + cursor[at + 1 :])
    wrong.add(
        cursors.encode(Cursor("2016-12-06", NOBODY), order="incident:-date_start", secret="guessed" * 9)
    )
    for token in wrong:
        problem(api.public.get("/v1/incidents", params={"limit": 1, "cursor": token}), 400, "cursor")
    for path in (
        "/v1/incidents?sort=date_start&",
        "/v1/incidents?sort=-killed_best&",
        "/v1/incidents?sort=id&",
        "/v1/reports?",
        "/v1/sources?",
    ):
        problem(api.public.get(f"{path}cursor={cursor}"), 400, "cursor")
