"""Many incidents at once, where a test needs their number and nothing else of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.access.viewer import Viewer
from app.domain.ids import INCIDENT, new_id
from app.domain.inputs import FIGURE_FIELDS, IncidentForm
from app.domain.reading import read_form
from app.query.fields import Kind
from app.storage.database import Database
from app.storage.write import New
from app.writing.incident_columns import incident_values
from app.writing.work import digest, working


def many_incidents(
    database: Database,
    viewer: Viewer,
    count: int,
    each: Callable[[int], dict[str, Any]] = lambda number: {},
    **told: Any,
) -> list[str]:
    """Published incidents of the viewer's organisation, each with its number for a title; `each` says what else
    differs. Their ids."""
    assert viewer.partner_key is not None

    def new(number: int) -> New:
        sent = {"title": str(number), "workflow": "published", **told, **each(number)}
        values = incident_values(read_form(IncidentForm, sent), None, None, "envelope")
        values |= {
            "uid": new_id(INCIDENT),
            "partner_ref": viewer.partner_key,
            "submitted_digest": digest(sent),
        }
        return New(Kind.incident, values | dict.fromkeys(FIGURE_FIELDS))

    made = [new(number) for number in range(count)]
    working(database, viewer, lambda work: work.transaction.create(made))
    return [str(one.values["uid"]) for one in made]
