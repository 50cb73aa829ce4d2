"""Browsers on other origins: allowed everywhere by default, or where the settings say."""

from __future__ import annotations

import httpx

from app.settings import ServerSettings, Settings
from tests.support.api import Api, serving
from tests.support.loopback import NO_TLS

ASKED = {
    "Origin": "https://map.example",
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization,if-match",
}


def allowed(response: httpx.Response) -> list[str]:
    return response.headers.get_list("access-control-allow-origin")


def test_any_origin_may_read_and_is_told_so_once(api: Api) -> None:
    read = api.public.get("/v1/incidents", headers={"Origin": "https://map.example"})
    assert allowed(read) == ["*"]
    assert "ETag" in read.headers["access-control-expose-headers"]
    assert allowed(api.public.get("/v1/incidents?nonsense=1")) == ["*"]


def test_a_preflight_is_answered_once(api: Api) -> None:
    answer = api.public.options("/v1/incidents/inc_x", headers=ASKED)
    assert (answer.status_code, allowed(answer)) == (200, ["*"])
    assert "PATCH" in answer.headers["access-control-allow-methods"]


def test_named_origins_are_the_only_ones(settings: Settings, api: Api) -> None:
    server = ServerSettings(cors_origins="https://map.example, https://desk.example")
    with (
        serving(settings.model_copy(update={"server": server})) as running,
        httpx.Client(base_url=running.url, verify=NO_TLS) as client,
    ):
        assert allowed(client.get("/v1/incidents", headers={"Origin": "https://map.example"})) == [
            "https://map.example"
        ]
        assert allowed(client.get("/v1/incidents", headers={"Origin": "https://other.example"})) == []
        assert (
            client.options("/v1/incidents", headers={**ASKED, "Origin": "https://other.example"}).status_code
            == 400
        )
