"""Many incidents changed as one step become what they would have become one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.domain.inputs import LinkForm
from app.domain.reading import read_form
from app.errors import IncidentRecordsError
from app.query.fields import Kind
from app.storage import lookup, write
from app.storage.database import Database
from app.storage.write import Link
from app.writing import reports
from app.writing.changing import Wanted, change, change_all
from app.writing.claims import link_of
from app.writing.work import Ref, Work, working
from tests.support.generated import Filled, on_both, specifications
from tests.support.history import check_history
from tests.support.indexes import check_indexes
from tests.support.postgres import Server

COUNT = 12
INCIDENTS = (
    "SELECT code, title, workflow, effective_sharing, date_start, date_end, date_precision, lon, lat, search_text, killed_low,"
    " killed_best, killed_high, wounded_low, wounded_best, wounded_high, assessment_rule, assessment_reason, submitted_digest"
    " FROM incidents ORDER BY code"
)
LINKS = (
    "SELECT code, reports.title, role, links.seq_to IS NULL FROM links JOIN incidents ON incidents.id = incident_ref"
    " JOIN reports ON reports.id = report_ref WHERE links.seq_to IS NULL ORDER BY 1, 2"
)
CLAIMS = (
    "SELECT code, reports.title, position, metric, low, best, high FROM claims JOIN incidents ON incidents.id = incident_ref"
    " JOIN reports ON reports.id = report_ref WHERE claims.seq_to IS NULL ORDER BY 1, 2, 3"
)
REPORTS = "SELECT title, workflow FROM reports ORDER BY title"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[dict[str, Filled]]:
    """The same incidents three times: to be changed together on both databases, and one after another.

    What is done in slices of a thousand and more is done in slices of two here.
    """
    specs = specifications(count=COUNT)
    with (
        pytest.MonkeyPatch.context() as patching,
        on_both(tmp_path_factory.mktemp("together"), postgres_server) as together,
        on_both(tmp_path_factory.mktemp("apart"), postgres_server) as apart,
    ):
        for module in (lookup, write):
            patching.setattr(module, "AT_ONCE", 2)
        yield {
            "sqlite": Filled(together["sqlite"], specs),
            "postgresql": Filled(together["postgresql"], specs),
            "apart": Filled(apart["sqlite"], specs),
        }


figures = st.sampled_from([None, 0, 3, 7, 61])
claims = st.fixed_dictionaries({"metric": st.sampled_from(["killed", "wounded"]), "wording": st.sampled_from(["12", "dozens", "at least 4"])})  # fmt: skip
patches = st.one_of(
    st.fixed_dictionaries({"title": st.sampled_from(["Missile", "عام", None])}),
    st.fixed_dictionaries({"workflow": st.sampled_from(["draft", "published"])}),
    st.fixed_dictionaries({"date_start": st.sampled_from(["2016-12-06", "9999-12-31", None]), "date_end": st.just(None), "date_precision": st.just(None), "date_basis": st.just(None)}),
    st.fixed_dictionaries({"killed_low": figures, "killed_best": figures, "assessment_reason": st.just("counted")}),
    st.fixed_dictionaries({"assessment_rule": st.just("envelope")}),
    st.fixed_dictionaries({"lon": st.sampled_from([12.5, 999.0]), "lat": st.just(3.25)}),
    st.fixed_dictionaries({"sharing": st.sampled_from(["public", "restricted"])}),
    st.just({}),
)  # fmt: skip
changes = st.lists(
    st.tuples(
        st.integers(0, COUNT - 1),
        patches,
        st.dictionaries(st.integers(0, 3), st.lists(claims, max_size=2), max_size=2),
    ),
    max_size=8,
    unique_by=lambda change: change[0],
)


def wanted(each: Filled, work: Work, change: tuple[int, dict[str, Any], dict[int, Any]]) -> Wanted:
    number, patch, linked = change
    row = work.transaction.row(Kind.incident, each.records[number]["id"])
    links: list[Link] = []
    for report, said in sorted(linked.items()):
        stored = work.transaction.row(Kind.report, each.reports[report]["id"])
        ref = Ref(stored["id"], stored["uid"], stored["effective_sharing"])
        links.append(link_of(ref, read_form(LinkForm, {"claims": said})))
    return Wanted(row, patch, links, mark=bytes([number]) * 32)


def withdraw(each: Filled, numbers: set[int]) -> None:
    for number in sorted(numbers):
        uid = each.reports[number]["id"]
        working(
            each.database,
            each.local,
            lambda work, uid=uid: reports.amend(work, uid, {"workflow": "draft"}, None),
        )


def together(each: Filled, asked: list[Any]) -> list[bool]:
    """Whether each could be changed so."""

    def work(work: Work) -> list[Any]:
        return change_all(work, [wanted(each, work, change) for change in asked])

    return [
        not isinstance(outcome, IncidentRecordsError) for outcome in working(each.database, each.local, work)
    ]


def apart(each: Filled, asked: list[Any]) -> list[bool]:
    could = []
    for one in asked:

        def work(work: Work, one: Any = one) -> None:
            w = wanted(each, work, one)
            change(work, w.row, w.patch, linked=w.linked, mark=w.mark)

        try:
            working(each.database, each.local, work)
        except IncidentRecordsError:
            could.append(False)
        else:
            could.append(True)
    return could


def state(database: Database) -> list[list[tuple[str, ...]]]:
    return [
        [tuple(map(_plain, row)) for row in database.read(lambda reader, sql=sql: reader.rows(sql))]
        for sql in (INCIDENTS, LINKS, CLAIMS, REPORTS)
    ]


def _plain(value: object) -> str:
    """A value as both databases give it."""
    return str(int(value)) if isinstance(value, bool) else str(value)


@settings(max_examples=80, deadline=None, database=None)
@given(asked=changes, drafts=st.sets(st.integers(0, 3), max_size=2))
def test_together_is_one_after_another(three: dict[str, Filled], asked: list[Any], drafts: set[int]) -> None:
    """Some reports are drafts before: what is published brings them along, and others rest on them, too.

    Who sets one figure by hand keeps the others as they stand, so there the order does count.
    """
    told = [patch for _, patch, _ in asked]
    assume(not (any("killed_low" in patch for patch in told) and any("workflow" in patch for patch in told)))
    for each in three.values():
        withdraw(each, drafts)
    expected = apart(three["apart"], asked)
    for name in ("sqlite", "postgresql"):
        assert together(three[name], asked) == expected
        assert state(three[name].database) == state(three["apart"].database)


def test_the_history_and_the_indexes_are_whole(three: dict[str, Filled]) -> None:
    """After the changes above."""
    for each in three.values():
        check_history(each.database)
        check_indexes(each.database)
