"""From claims to an incident's figures, by a named rule: what each report says, which reports are independent of each
other, what the rule makes of them, and why each claim counted or did not."""

from app.domain.assessment.assessing import Assessment as Assessment
from app.domain.assessment.assessing import Verdict as Verdict
from app.domain.assessment.assessing import assess as assess
from app.domain.assessment.said import Account as Account
from app.domain.assessment.said import Said as Said
