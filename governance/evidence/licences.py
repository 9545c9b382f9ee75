"""Licence facts: under which terms the model, what it was built from and what it runs with may be used. Declared."""

from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Document
from governance.evidence.origin import FactOrigin

ComponentKind = Literal["base-model", "weights", "vocabulary", "other"]
Licence = Annotated[str, Field(min_length=1, max_length=200)]
"""An SPDX expression such as Apache-2.0 or MIT OR GPL-2.0-only, as somebody wrote it."""


class Component(Document):
    """What the model was built from. `name`: what it is called. `kind`: what it is. `licence` is null where nobody
    states one."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: ComponentKind
    licence: Licence | None = None


class Package(Document):
    """A requirement of the lock file. `version` is null where it is not pinned to one. `licence` is null where neither
    the manifest nor (`said_by`) the package's own metadata states it; metadata is known only of a package that is
    installed, in that version, where the audit was run."""

    name: str
    version: str | None
    licence: Licence | None
    said_by: Literal["manifest", "metadata"] | None


class LicenceFacts(Document):
    """`components` is null where the manifest does not say what the model was built from; `packages` where it names no
    lock file."""

    origin: FactOrigin | None = None
    model: Licence | None
    components: tuple[Component, ...] | None
    packages: tuple[Package, ...] | None
