"""Run as a process: append entries to a trail, one transaction each, and say so once each is durable."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from governance.canonical import dumps
from governance.settings import DatabaseUrl
from governance.store.trail import TrailStore
from governance.trail.entry import EntryType


class Signer:
    key = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


where, writer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
place = DatabaseUrl(where) if where.startswith("postgresql:") else Path(where)
with TrailStore.open(place) as store:
    say("ready")
    sys.stdin.readline()  # until everybody is ready
    for number in range(count):
        with store.transaction(Signer(), datetime.now(UTC)) as tx:
            ref = tx.put_document(
                "governance.evidence/v1", dumps({"writer": writer, "number": number, "pad": "x" * 2000})
            )
            entry = tx.compose(EntryType.EVIDENCE_SUBMITTED, f"local|{writer}", refs=[ref])
            index = tx.append(entry)
        say(f"{entry.id} {index}")
