"""A question as a viewer asks it: nothing that it must never meet is in the answer."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.support.world import World

UIDS = re.compile(r"\b(?:inc|rep|src|par|key)_[0-9a-z]{26}\b")


class Ask(Protocol):
    def check(self, world: World, viewer: str, path: str) -> None: ...


def told(response: httpx.Response) -> str:
    """All that an answer says, what its cursor holds included."""
    text = response.text + str(response.headers)
    is_json = response.headers.get("content-type") in ("application/json", "application/geo+json")
    if (
        response.status_code == 200
        and is_json
        and "cursor=" in (following := str(response.json().get("next")))
    ):
        token = parse_qs(urlsplit(following).query)["cursor"][0]
        text += base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[12:].decode()
    return text


def asked(world: World, viewer: str, path: str, **params: Any) -> httpx.Response:
    url = httpx.URL(path).copy_merge_params(params)
    if world.moment is not None and "as_of" not in url.params:  # else it is the address of a next page
        url = url.copy_merge_params({"as_of": str(world.moment)})
    response = world.client(viewer).get(url)
    assert world.moment is None or response.status_code in (401, 404) or _says_of_which(response), url
    leaked = set(UIDS.findall(told(response))) & world.secrets(viewer)
    assert not leaked - set(UIDS.findall(str(response.request.url))), (path, params)
    return response


def _says_of_which(response: httpx.Response) -> bool:
    return response.status_code == 410 or "as-of" in response.headers


def pages(world: World, viewer: str, path: str, **params: Any) -> Iterator[dict[str, Any]]:
    response = asked(world, viewer, path, **params)
    while True:
        assert response.status_code == 200, response.text
        page = response.json()
        yield page
        if not page["next"]:
            return
        response = asked(world, viewer, page["next"])


@dataclass(frozen=True)
class AsOf:
    """The same, of the moment when all of it was public: what may be seen of it is what may be seen today."""

    ask: Ask

    def check(self, world: World, viewer: str, path: str) -> None:
        self.ask.check(replace(world, moment=world.open_until), viewer, path)


def also_as_of(*asks: Ask) -> list[Ask]:
    return [*asks, *(AsOf(ask) for ask in asks)]
