"""Lists, files and features: over all pages those that the viewer sees."""

from __future__ import annotations

import io
from dataclasses import dataclass

import openpyxl
import pyarrow.parquet as pq

from tests.support.asks.asking import UIDS, Ask, also_as_of, asked, pages
from tests.support.asks.records import Each
from tests.support.world import World


@dataclass(frozen=True)
class Lists:
    """The items, over all pages, are those of the group that the viewer sees; and so many are counted."""

    group: str
    params: tuple[tuple[str, str], ...] = ()

    def check(self, world: World, viewer: str, path: str) -> None:
        expected = world.seen(viewer, self.group)
        count = {"count": "true"} if self.group in ("incidents", "reports", "sources") else {}
        found: list[str] = []
        for page in pages(world, viewer, path, limit=10, **count, **dict(self.params)):
            found += [item["id"] for item in page["items"]]
            assert not count or page["count"] == len(expected)
        assert sorted(found) == sorted(expected), self


@dataclass(frozen=True)
class Exports:
    """What stands in a file is what the list shows; a file that is compressed is opened to look."""

    group: str
    form: str
    params: tuple[tuple[str, str], ...]

    def check(self, world: World, viewer: str, path: str) -> None:
        answer = asked(world, viewer, path, f=self.form, **dict(self.params))
        assert answer.status_code == 200
        named = UIDS.findall(self._text(answer.content))
        assert not set(named) & world.secrets(viewer)
        members = {record.uid for record in world.groups[self.group]}
        assert set(named) & members == world.seen(viewer, self.group)

    def _text(self, file: bytes) -> str:
        match self.form:
            case "xlsx":
                return str([*openpyxl.load_workbook(io.BytesIO(file)).active.iter_rows(values_only=True)])
            case "parquet":
                return str(pq.read_table(io.BytesIO(file)).to_pylist())
        return file.decode()


FILES = ("csv", "ndjson", "geojson", "geojsonseq", "xlsx", "parquet")


def files(group: str, *params: tuple[str, str]) -> list[Ask]:
    return also_as_of(*(Exports(group, form, (*params, ("limit", "1000"))) for form in FILES))


@dataclass(frozen=True)
class Features:
    """The features of each collection, over all pages, and each on its own, as those of /v1."""

    one: bool = False

    def check(self, world: World, viewer: str, path: str) -> None:
        for group in ("incidents", "reports"):
            at = path.replace("{collection}", group)
            if self.one:
                Each(group).check(world, viewer, at.replace("{feature}", "{id}"))
                Each(group, buried=True).check(world, viewer, at.replace("{feature}", "{id}"))
                continue
            found: list[str] = []
            following: str | None = f"{at}?limit=10"
            while following is not None:
                page = asked(world, viewer, following).json()
                found += [feature["id"] for feature in page["features"]]
                following = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
            assert len(found) == len(set(found))
            members = {record.uid for record in world.groups[group]}
            assert set(found) & members == world.seen(viewer, group)
            for form in ("json", "html"):
                assert asked(world, viewer, at, f=form, limit=1000).status_code == 200
