"""The history of one record, as a viewer may see it: what changed from one version to the next that it could have read.

Versions are read as `as_of` reads them, so that nothing comes out of the past that may not be seen today. What was changed
before the record came into the viewer's sight is told with the first version that did, as a whole. What is kept among editors
is left out for others, with its version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from app.access.rules import acts_kept_from, knows_persons
from app.access.viewer import Viewer
from app.errors import Gone
from app.query.fields import BY_NAME, COUNTS, Kind
from app.storage import single
from app.storage.columns import TABLES, VERSIONS
from app.storage.database import Reader
from app.storage.redacting.marks import NONE, Marks, is_told, marks_of, told_without
from app.storage.single import Found, Wanted
from app.storage.verifying.replaying import LINKS

Document = dict[str, Any]
AT_ONCE = 20
"""Versions that are looked at together."""
NOT_CHANGES = {*COUNTS, "id", "version", "created_at", "updated_at"}
"""Fields that follow from other records, or tell of the version itself."""
OF_SOURCE = ("source_name", "source_type")
"""Fields that follow from the source: a change of the record where it names another."""


class _Version(NamedTuple):
    """A version by the change that made it; `document` None: a tombstone, or the record before there was one."""

    seq: int
    number: int
    document: Document | None


@dataclass(frozen=True, slots=True)
class History:
    """Items, newest first, and the change after which the older ones follow; at which revision."""

    items: list[Document]
    next: int | None
    revision: int


def history(
    reader: Reader, viewer: Viewer, kind: Kind, uid: str, limit: int, before: int | None = None
) -> History:
    """Raises NotFound. Of a deleted record those read it who could read the record."""
    with reader.snapshot():
        (now,) = single.several(reader, viewer, [Wanted(kind, uid, ("id",))])
        if not isinstance(now, Found | Gone):
            raise now
        revision = reader.revision()
        read = _Read(reader, viewer, kind, uid, marks_of(reader, uid))
        seen = read.seen(revision + 1 if before is None else before)
        # With the one before it each version is told by what changed, and one more says whether there is another page.
        versions = [version for version, _ in zip(seen, range(limit + 1), strict=False)]
        changes = read.changes(versions)
        items = [
            read.item(version, versions[place + 1] if place + 1 < len(versions) else None, changes)
            for place, version in enumerate(versions[:limit])
        ]
    following = versions[limit - 1].seq if len(versions) > limit else None
    return History(items, following, revision)


@dataclass(frozen=True, slots=True)
class _Read:
    reader: Reader
    viewer: Viewer
    kind: Kind
    uid: str
    marks: Marks

    def seen(self, before: int) -> Iterator[_Version]:
        """The versions that the viewer may see, newest first."""
        while rows := self._versions(before):
            wanted = [Wanted(self.kind, self.uid, None, (), seq) for seq, _ in rows]
            found = [single.several(self.reader, self.viewer, [each])[0] for each in wanted]
            for (seq, number), told in zip(rows, found, strict=True):
                if isinstance(told, Found):
                    yield _Version(seq, number, orjson.loads(told.document))
                elif isinstance(told, Gone):
                    yield _Version(seq, number, None)
            before = rows[-1][0]

    def _versions(self, before: int) -> Sequence[tuple[int, int]]:
        live, kept = TABLES[self.kind].name, VERSIONS[self.kind].name
        query = (
            f"SELECT v.seq_from, v.version FROM {kept} AS v JOIN {live} AS t ON t.id = v.id"
            f" JOIN changes AS c ON c.seq = v.seq_from WHERE t.uid = {self._mark} AND v.seq_from < {self._mark}"
            f"{self._told} ORDER BY v.seq_from DESC LIMIT {AT_ONCE}"
        )
        return [(int(seq), int(number)) for seq, number in self.reader.rows(query, (self.uid, before))]

    def changes(self, versions: Sequence[_Version]) -> list[Document]:
        """The changes that made these versions, and those between them."""
        if not versions:
            return []
        names = ("seq", "at", "partner", "api_key", "action", "version", "reason", "after")
        query = (
            f"SELECT {', '.join(names)} FROM changes AS c WHERE record = {self._mark} AND seq <= {self._mark}"
            f" AND version >= {self._mark}{self._told} ORDER BY seq"
        )
        rows = self.reader.rows(query, (self.uid, versions[0].seq, versions[-1].number))
        return [dict(zip(names, row, strict=True)) for row in rows]

    @property
    def _told(self) -> str:
        """The changes that the viewer is told of. The words are ours."""
        kept = ", ".join(f"'{act}'" for act in acts_kept_from(self.viewer))
        return f" AND c.action NOT IN ({kept})" if kept else ""

    @property
    def _mark(self) -> str:
        return "%s" if self.reader.dialect.name == "postgresql" else "?"

    def item(self, version: _Version, older: _Version | None, changes: Sequence[Document]) -> Document:
        """What made the version of the older one. Where others lie between that may not be seen, or none is older, all that
        is different; else what the changes themselves speak of."""
        steps = [c for c in changes if (older.seq if older else 0) < c["seq"] <= version.seq]
        follows = older is not None and all(c["at"] == steps[-1]["at"] for c in steps)
        if not follows:
            steps = steps[-1:]  # those before it made versions that may not be seen
        after = [orjson.loads(step["after"]) if step["after"] else {} for step in steps]
        told = {name for each in after for name in each} if follows else None
        last = steps[-1]
        item = {
            "seq": version.seq,
            "at": last["at"],
            "version": version.number,
            "partner": last["partner"],
            "steps": [{name: step[name] for name in ("seq", "action", "reason")} for step in steps],
            "changes": self._changes(version, older, told),
        }
        if self.kind is Kind.incident:
            item["reports"] = self._links(version.seq, after)
        return item | ({"key": last["api_key"]} if knows_persons(self.viewer, last["partner"]) else {})

    def _changes(self, version: _Version, older: _Version | None, told: set[str] | None) -> list[Document]:
        """What differs, and what was redacted: of this only that it was."""
        before = None if older is None else older.document
        found = {each["field"]: each for each in self._differences(before, version.document, told)}
        marked = self.marks.at(version.seq) | (self.marks.at(older.seq) if older else NONE)
        for name in sorted(marked if told is None else marked & told):
            if is_told(self.viewer, self.kind, name, before, version.document):
                plain = {"field": name, "before": None, "after": None}
                found[name] = {**found.get(name, plain), "redacted": True}
        return list(found.values())

    def _differences(
        self, before: Document | None, after: Document | None, told: set[str] | None
    ) -> list[Document]:
        if after is None:
            return []
        if told is not None and "source_id" in told:
            told = {*told, *OF_SOURCE}
        was = before or {}
        return [
            {"field": name, "before": was.get(name), "after": after[name]}
            for name in BY_NAME[self.kind]
            if name in after and name not in NOT_CHANGES
            if (told is None or name in told) and not _same(was.get(name), after[name])
        ]

    def _links(self, seq: int, after: Sequence[Document]) -> list[Document]:
        """Links that were made, replaced or ended, of reports that the viewer may see: each as the history tells it."""
        named: dict[str, Any] = {}
        for told in after:
            named |= told.get(LINKS, {})
        wanted = [Wanted(Kind.report, uid, ("id",), (), seq) for uid in named]
        found = single.several(self.reader, self.viewer, wanted) if wanted else []
        return [
            {"report_id": uid, "linked": link is not None, **(_link_told(link) if link is not None else {})}
            for (uid, link), seen in zip(named.items(), found, strict=True)
            if isinstance(seen, Found | Gone)
        ]


def _link_told(link: Document) -> Document:
    link = told_without(link)
    claims = [
        {"id" if name == "uid" else name: value for name, value in told_without(claim).items()}
        for claim in link.get("claims", [])
    ]
    gone = {"redacted": link["redacted"]} if "redacted" in link else {}
    return {
        "link_role": link["role"],
        "date_wording": link.get("date_wording"),
        "note": link.get("note"),
        "claims": claims,
        **gone,
    }


def _same(before: Any, after: Any) -> bool:
    """Nothing, and a list or a map of nothing, are the same where there was no version before."""
    return bool(before == after) or (before is None and after in ([], {}))
