"""What the feed's routes share within one running service."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fastapi import Request, Response

from app.http.coding import encode, taken_by
from app.http.feed.answering import Answering
from app.http.feed.watching import Watch
from app.http.service import Service


@dataclass(slots=True)
class Feed:
    service: Service
    answering: Answering = field(init=False)
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        service = self.service
        self.answering = Answering(service.settings, service.database, service.readers, service.viewer)
        self.watch = Watch(service.database, service.readers, service.settings.limits.followers)

    async def coded(self, request: Request, response: Response) -> Response:
        """In the coding that serves best, made in a thread."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.service.readers, encode, response, taken_by(request))
        return response


def feed_of(request: Request) -> Feed:
    feed: Feed = request.app.state.feed
    return feed
