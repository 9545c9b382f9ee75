"""Documents that may eat all there is are read in a child that may take little: 512 MiB and a minute of work for all of
them together."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterable

from tests.conftest import ROOT

_CHILD = """
import base64, json, resource, sys
from governance.errors import BadInput
{load}
resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
for line in sys.stdin:
    name, data = json.loads(line)
    try:
        load(base64.b64decode(data))
        said = ["loaded", "", ""]
    except BadInput as error:
        said = [error.where, error.what, str(error)]
    print(json.dumps([name, said]), flush=True)
"""


def read_all(load: str, documents: Iterable[tuple[str, str | bytes]]) -> dict[str, list[str]]:
    """Where each is wrong, what is said, and the whole message; `loaded` where nothing is. `load` is the code that
    defines `load(data)`."""
    lines = [
        json.dumps([name, base64.b64encode(data if isinstance(data, bytes) else data.encode("utf-8")).decode()])
        for name, data in documents
    ]
    child = [sys.executable, "-c", _CHILD.format(load=load)]
    done = subprocess.run(child, input="\n".join(lines), cwd=ROOT, capture_output=True, text=True, check=False)
    found = dict(json.loads(line) for line in done.stdout.splitlines())
    assert done.returncode == 0, (list(found)[-1:], done.stderr[-2000:])
    return found
