"""What the application serves: the operator's choices, made before it starts."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from governance.operations.people import People
from governance.operations.workspace import Workspace
from governance.policy.baseline import LoadedBaseline
from governance.policy.document import LoadedPolicy


class Served(NamedTuple):
    """`policies` is what every case is judged by, `baselines` the known failures by model: the operator's pick, never
    the caller's."""

    workspace: Workspace
    people: People
    policies: tuple[LoadedPolicy, ...]
    baselines: Mapping[str, LoadedBaseline] = MappingProxyType({})
