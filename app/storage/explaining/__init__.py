"""How a figure came about.

Of a total: every incident of the list with what it counts for, largest first, a page at a time. It rests on what
`storage.totals` counts: the same families, seen as the viewer may see them, and what is taken away of each. Of an incident:
its reports and claims, read in one state of the data; `domain.explaining` says what became of them.
"""

from app.storage.explaining.explanation import Explanation, Question, explain
from app.storage.explaining.incident import ExplainedIncident, explain_incident

__all__ = ["ExplainedIncident", "Explanation", "Question", "explain", "explain_incident"]
