"""Undoing a merge when what the merged incident hung on is gone by then: it comes back as far as it can, and says what is missing."""

from __future__ import annotations

from tests.http.test_merging import killed, read, reported
from tests.http.test_transitions import ANY, do, done
from tests.support.api import Api
from tests.support.indexes import check_indexes
from tests.support.state import problem

Told = list[tuple[str, str]]


def undone(api: Api, uid: str) -> Told:
    told = done(api.editor, uid, "unmerge", reason="two after all")["not_restored"]
    check_indexes(api.database)
    return [(each["what"], each["id"]) for each in told]


def delete(api: Api, path: str) -> None:
    answer = api.editor.delete(f"/v1/{path}?reason=wrong", headers=ANY)
    assert answer.status_code == 200, answer.text


def test_a_source_that_was_deleted_since_is_not_named_and_nothing_is_told_more_widely(api: Api) -> None:
    source = api.source(sharing="partners")["id"]
    kept, other = api.incident(sharing="partners")["id"], api.incident(source_id=source)["id"]
    done(api.editor, other, "merge", into=kept, reason="same")
    delete(api, f"sources/{source}")
    assert undone(api, other) == [("source_id", source)]
    record = read(api, other)
    assert (record["source_id"], record["sharing"], record["effective_sharing"]) == (
        None,
        "partners",
        "partners",
    )
    problem(api.public.get(f"/v1/incidents/{other}"), 404)


def test_a_report_that_was_deleted_after_the_survivor_was_is_not_linked(api: Api) -> None:
    kept, other = api.incident()["id"], api.incident()["id"]
    gone = reported(api, "07", (other, killed(4)))
    stays = reported(api, "08", (other, killed(5)))
    done(api.editor, other, "merge", into=kept, reason="same")
    delete(api, f"incidents/{kept}")
    delete(api, f"reports/{gone}")
    assert undone(api, other) == [("link", gone)]
    record = read(api, other)
    assert [link["id"] for link in record["reports"]] == [stays]
    assert (record["killed_best"], record["report_count"]) == (5, 1)


def test_a_container_that_came_by_the_merge_goes_also_where_it_was_merged_since(api: Api) -> None:
    day, year = api.incident(title="day")["id"], api.incident(title="year")["id"]
    kept, other = api.incident(title="kept")["id"], api.incident(title="other", part_of=day)["id"]
    done(api.editor, other, "merge", into=kept, reason="same")
    done(api.editor, day, "merge", into=year, reason="same")
    assert read(api, kept)["part_of"] == year
    assert undone(api, other) == [("part_of", day)]
    assert (read(api, kept)["part_of"], read(api, other)["part_of"]) == (None, year)


def test_what_both_said_alike_is_nobodys_loss(api: Api) -> None:
    """Also where the survivor's link was written anew by the merge, behind one that changed, and changed since."""
    kept, other = api.incident(title="kept")["id"], api.incident(title="other")["id"]
    more = reported(api, "07", (kept, killed(4)), (other, killed(5)))
    alike = reported(api, "08", (kept, killed(6)), (other, killed(6)))
    done(api.editor, other, "merge", into=kept, reason="same")
    link = f"/v1/incidents/{kept}/reports/{alike}"
    assert api.editor.put(link, json={"claims": [killed(7)]}).status_code == 200
    assert undone(api, other) == []
    said = {uid: [(c["report_id"], c["best"]) for c in read(api, uid)["claims"]] for uid in (kept, other)}
    assert said == {kept: [(more, 4), (alike, 7)], other: [(more, 5), (alike, 6)]}
    assert do(api.editor, other, "unmerge", reason="again").status_code == 409


def test_a_claim_that_was_split_off_since_is_not_told_twice(api: Api) -> None:
    kept, other = api.incident(title="kept")["id"], api.incident(title="other")["id"]
    said = [killed(4, wording="four"), killed(7, wording="seven")]
    report = api.report(incidents=[{"incident_id": other, "claims": said}])["id"]
    done(api.editor, other, "merge", into=kept, reason="same")
    seven = next(claim["id"] for claim in read(api, kept)["claims"] if claim["best"] == 7)
    parts = [{"incident": {"title": "third"}, "reports": [{"report_id": report, "claims": [seven]}]}]
    (third,) = done(api.editor, kept, "split", reason="another", incidents=parts)["split"]
    assert sorted(undone(api, other)) == [("claim", seven), ("link", report)]
    assert [c["best"] for c in read(api, other)["claims"]] == [4]
    assert [c["id"] for c in read(api, third)["claims"]] == [seven]
    assert (read(api, other)["killed_best"], read(api, third)["killed_best"]) == (4, 7)
