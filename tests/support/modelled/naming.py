"""Ids that an answer tells: whoever reads it may know of every record that it names, of whatever moment it tells."""

from __future__ import annotations

import re

from tests.support.modelled.sight import Sight

IDS = re.compile(r"\b(?:inc|rep|src)_[0-9a-z]{26}\b")


def let_slip(sight: Sight, text: str) -> list[str]:
    """What the viewer may not know of today, and is named."""
    if sight.who.is_editor:
        return []
    return [uid for uid in sorted(set(IDS.findall(text))) if not sight.today(uid)]
