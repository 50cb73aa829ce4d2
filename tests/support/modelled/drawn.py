"""What random acts and questions are drawn from."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.support.modelled.acting import WHO
from tests.support.modelled.places import CELLS, PLACES, Place
from tests.support.modelled.sight import Who
from tests.support.modelled.weighing import LEADS
from tests.support.modelled.world import LEVELS, STAGES, Claim, Link

NUMBERS = st.integers(0, 10_000)
ANYBODY = st.sampled_from(WHO)
WRITER = st.sampled_from([*(who for who in WHO if who.is_editor), *WHO])
"""Editors more often than not: others are refused much."""
DISPUTING = st.sampled_from([*(who for who in WHO if who.writes), *[Who("contributor", "alpha")] * 2])
SEES = st.sampled_from([Who(), Who(), Who("reader", "alpha"), Who("reader", "alpha"), Who("editor", "desk")])
LOOKING = (Who(), Who("reader", "alpha"), Who("editor", "desk"))
READER = st.sampled_from(LOOKING[:2])
CONTRIBUTOR = Who("contributor", "alpha")
SHARING = st.sampled_from([*LEVELS, *["public"] * 3])
STAGE = st.sampled_from([*STAGES, *["published"] * 3])
SELDOM = st.integers(0, 9).map(lambda number: number == 9)
KIND = st.sampled_from(["incident", "incident", "report", "source"])
LIMIT = st.sampled_from([1, 2, 3, 7, 100])
ANY_CLAIM = (st.integers(0, 3), st.integers(3, 6), st.integers(6, 9), st.just(""))
CLAIM = st.one_of(
    st.builds(Claim, st.sampled_from(["killed", "wounded"]), *ANY_CLAIM),
    st.builds(Claim, st.just("killed"), st.integers(0, 9), st.none(), st.none(), st.just("")),
)
LINK = st.builds(
    Link,
    st.sampled_from(["describes", "describes", "mentions", "corrects", "disputes"]),
    st.lists(CLAIM, max_size=2).map(tuple),
)
SPEAKING = st.builds(
    Link, st.sampled_from(["describes", "corrects"]), st.lists(CLAIM, min_size=1, max_size=2).map(tuple)
)
FIGURES = st.tuples(st.none() | st.integers(0, 3), st.integers(3, 6), st.none() | st.integers(6, 9))
PLACE = st.none() | st.builds(
    lambda at, to: Place(at[0], at[1], to), st.sampled_from(PLACES), st.sampled_from([None, None, *CELLS])
)
PATCHES: dict[str, dict[str, Any]] = {
    "incident": {
        "title": st.sampled_from(["One title", "Another title"]),
        "country": st.sampled_from(["SYR", "IRQ", None]),
        "sharing": SHARING,
        "workflow": STAGE,
        "verification_status": st.sampled_from(["unreviewed", "confirmed", "discounted", "retracted"]),
        "source": NUMBERS,
        "part_of": NUMBERS,
        "killed": FIGURES,
        "by_hand": st.none(),
        "place": PLACE,
        "to": st.sampled_from([None, *CELLS]),
    },
    "report": {
        "title": st.sampled_from(["One title", "Another title"]),
        "sharing": SHARING,
        "workflow": STAGE,
        "source": NUMBERS,
        "derived_from": NUMBERS,
        "same_origin_as": NUMBERS,
    },
    "source": {
        "sharing": SHARING,
        "protected": st.booleans(),
        "reliability": st.sampled_from("ABF"),
        "name": st.sampled_from(["One outlet", "Another outlet"]),
        "pseudonym": st.sampled_from(["One voice", "Another voice"]),
    },
}
PATCH = KIND.flatmap(
    lambda kind: st.tuples(
        st.just(kind),
        st.lists(st.sampled_from(sorted(PATCHES[kind])), min_size=1, max_size=2, unique=True).flatmap(
            lambda names: st.fixed_dictionaries({name: PATCHES[kind][name] for name in names})
        ),
    )
)


NAMING = {
    "source": "source",
    "part_of": "incident",
    "derived_from": "report",
    "same_origin_as": "report",
}
REDACTABLE = {"incident": ["title"], "report": ["title", "url"], "source": ["name"]}
ACTS: dict[str, dict[str, Any]] = {
    "mistakenly": {
        "number": NUMBERS,
        "meanwhile": st.lists(NUMBERS, min_size=2, max_size=3),
        "limit": LIMIT,
    },
    "split": {
        "who": WRITER,
        "number": NUMBERS,
        "told": NUMBERS,
        "claims": st.booleans(),
        "stale": SELDOM,
    },
    "dispute": {"who": DISPUTING, "number": NUMBERS, "sharing": SHARING, "of": NUMBERS, "stale": SELDOM},
    "distinguish": {
        "who": WRITER,
        "one": NUMBERS,
        "other": NUMBERS,
        "back": st.booleans(),
        "stale": SELDOM,
    },
    "decided": {"number": NUMBERS, "limit": LIMIT},
    "redact": {"who": WRITER, "kind": KIND, "number": NUMBERS, "stale": SELDOM, "when": NUMBERS},
    "passes_on": {
        "who": SEES,
        "number": NUMBERS,
        "name": st.sampled_from(LEADS),
        "link": SPEAKING,
        "protected": st.booleans(),
    },
    "made_coarser": {
        "who": SEES,
        "by": WRITER,
        "number": NUMBERS,
        "at": st.sampled_from(PLACES),
        "to": st.sampled_from([None, *CELLS]),
    },
}
"""The rarer acts, and what they are drawn with."""
FOLLOWED_UP: dict[str, dict[str, Any]] = {
    "returns": {"who": READER, "kind": st.sampled_from(["incident", "report"]), "number": NUMBERS},
    "forgets": {"who": READER, "number": NUMBERS},
    "goes_through": {"who": READER, "number": NUMBERS},
    "leads_on": {
        "who": READER,
        "kind": st.sampled_from(["incident", "incident", "report"]),
        "number": NUMBERS,
    },
    "corrects": {"number": NUMBERS, "name": st.sampled_from(LEADS)},
    "oversteps": {"number": NUMBERS, "some": st.integers(16, 26)},
}
"""Acts of several steps, each asked about, and what they are drawn with."""
