"""Days that commands are given, for tests in which the machine's own clock runs."""

from datetime import UTC, datetime, timedelta

IN_TWO_MONTHS = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
"""Within what a policy lets a waiver of a medium finding last."""
