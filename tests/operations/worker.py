"""Run as a process: do one verb on a project, several times, once everybody is ready."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from governance import keys
from governance.operations.initialise import add_person
from tests.operations.project import CHEAP_SCRYPT, PASSWORD, Project

root, config, verb, name, count = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
keys._SCRYPT_N = CHEAP_SCRYPT
project = Project.there(root, config, clock=lambda: datetime.now(UTC).replace(microsecond=0))
project.check(dry_run=True)  # imports take their time before the race
sys.stdout.write("ready\n")
sys.stdout.flush()
sys.stdin.readline()
for number in range(count):
    if verb == "check":
        made = project.check("local|" + name, fresh=number % 2 == 1)
    elif verb == "key":
        add_person(project.workspace, f"{name}{number}", ("auditor",), PASSWORD)
        continue
    else:
        made = project.act(verb, name, project.PEOPLE[name][-1], reason=f"{os.getpid()} {number}")
    sys.stdout.write(made.sealed.decision_sha256 + "\n")
    sys.stdout.flush()
