"""How the service logs: lines for people in development, JSON for machines in production.

No address of a client and no query is ever logged: who reads and who reports is nobody's business.
"""

from __future__ import annotations

import logging
import sys

import structlog

from app.settings import Environment, Settings


def configure(settings: Settings) -> None:
    renderer: structlog.types.Processor
    if settings.environment is Environment.development:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    else:
        renderer = structlog.processors.JSONRenderer()
    before: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.server.log_level.upper())
