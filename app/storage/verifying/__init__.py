"""Whether what is stored is what was done: nothing was changed behind the history's back."""

from app.storage.verifying.broken import Broken
from app.storage.verifying.chain import Head, first_break, head, walked
from app.storage.verifying.told import HeadTold, head_told
from app.storage.verifying.whole import Whole, breaks, whole

__all__ = [
    "Broken",
    "Head",
    "HeadTold",
    "Whole",
    "breaks",
    "first_break",
    "head",
    "head_told",
    "walked",
    "whole",
]
