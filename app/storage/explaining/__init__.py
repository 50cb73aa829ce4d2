"""How a total came about: every incident of the list with what it counts for, largest first, a page at a time.

It rests on what `storage.totals` counts: the same families, seen as the viewer may see them, and what is taken away of each.
"""

from app.storage.explaining.explanation import Explanation, Question, explain

__all__ = ["Explanation", "Question", "explain"]
