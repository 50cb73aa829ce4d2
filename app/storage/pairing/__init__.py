"""Pairs of incidents that may be one, recorded twice: a list of them, and those of one incident.

The list walks the incidents that were asked for, newest first, and compares each with those near it in time. A page looks
at so many and no more, however many there are; where it has to end within one incident, the next goes on there.
"""

from app.storage.pairing.pair import Question
from app.storage.pairing.telling import SHOWN, Document, Pairs, Told, pairs, pairs_of
from app.storage.pairing.walk import MOST_WALKED

__all__ = ["MOST_WALKED", "SHOWN", "Document", "Pairs", "Question", "Told", "pairs", "pairs_of"]
