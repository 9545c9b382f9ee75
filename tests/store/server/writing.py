"""One entry of ours on a server, and who else is there."""

from governance.trail.entry import EntryType
from tests.store.conftest import START

ENTRY = "019cab5b-0000-7000-8000-000000000001"


def backends(connection):
    """The other sessions in the same database."""
    return [
        pid
        for (pid,) in connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
    ]


def submit(store, signer, now=START, meanwhile=lambda: None):
    """Append one entry under an id of ours; returns its index."""
    with store.transaction(signer, now) as tx:
        ref = tx.put_document("governance.evidence/v1", b"{}")
        meanwhile()
        return tx.append(tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann", refs=[ref], entry_id=ENTRY))
