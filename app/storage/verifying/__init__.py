"""Whether what is stored is what was done: nothing was changed behind the history's back."""

from app.storage.verifying.broken import Broken
from app.storage.verifying.chain import Head, first_break, head
from app.storage.verifying.records import breaks

__all__ = ["Broken", "Head", "breaks", "first_break", "head"]
