"""Taking content away from every place where it is stored, its hash staying in the history."""

from app.storage.redacting.asked import Asked, Words
from app.storage.redacting.redaction import Redacted, reasons_of, redact
from app.storage.redacting.restated import redacted_of
from app.storage.redacting.rows import claims_of

__all__ = ["Asked", "Redacted", "Words", "claims_of", "reasons_of", "redact", "redacted_of"]
