"""Licences of the model, of what it was built from, and of the packages that it runs with.

A package's licence is what the manifest says or, without the network, what the metadata of the very same version says
where it is installed beside us. What a model was built from cannot be seen: only the manifest tells.
"""

import re
from collections.abc import Callable, Iterable
from importlib import metadata

from governance.collect.reproducibility import Requirement
from governance.errors import BadInput
from governance.evidence.licences import LicenceFacts, Package
from governance.evidence.manifest import LicencesSection
from governance.evidence.origin import FactOrigin
from governance.policy.spdx import is_expression

Known = Callable[[str, str], str | None]
"""(name, version) -> the SPDX expression of a package, null where it is not known."""
_LONGEST = 200
# Classifiers that stand for one licence of the SPDX list; others, such as BSD or Apache, stand for several.
_CLASSIFIERS = {
    "Apache License 2.0": "Apache-2.0",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib",
}


def facts(
    stated: LicencesSection, locked: tuple[Requirement, ...] | None, known: Known | None = None
) -> LicenceFacts | None:
    """Null where the manifest says nothing and names no lock file; `locked` is null without one. Raises BadInput for a
    package that the lock file does not have."""
    if stated == LicencesSection() and locked is None:
        return None
    said = {_normal(name): licence for name, licence in stated.packages.items()}
    names = {one.name for one in locked or ()}
    if unknown := sorted(name for name in stated.packages if _normal(name) not in names):
        raise BadInput(
            "a licence of a package that the lock file does not have",
            got=repr(unknown[0]),
            expected="packages of environment.lock" if locked is not None else "a lock file, under environment.lock",
            fix="take the line away, or mend its name",
            where="licences.packages",
        )
    return LicenceFacts(
        origin=FactOrigin(kind="declared"),
        model=stated.model,
        components=stated.components,
        packages=None if locked is None else tuple(_packages(locked, said, known or installed)),
    )


def _packages(locked: Iterable[Requirement], said: dict[str, str], known: Known) -> Iterable[Package]:
    for one in locked:
        name = one.name or one.text
        if (licence := said.get(name)) is not None:
            yield Package(name=name, version=one.version, licence=licence, said_by="manifest")
            continue
        licence = known(name, one.version) if one.name and one.version else None
        yield Package(name=name, version=one.version, licence=licence, said_by=None if licence is None else "metadata")


def installed(name: str, version: str) -> str | None:
    """What the package's metadata says, where it is installed here in exactly this version: License-Expression (PEP
    639), else License where it is an expression, else its classifiers where each stands for one licence."""
    try:
        found = metadata.distribution(name)
        if found.version != version:
            return None
        told = found.metadata
    except (metadata.PackageNotFoundError, ValueError, OSError):
        return None
    for field in ("License-Expression", "License"):
        text = str(told[field] or "").strip() if field in told else ""
        if text != "UNKNOWN" and len(text) <= _LONGEST and is_expression(text):
            return text
    classified = [
        line.rpartition(" :: ")[2] for line in told.get_all("Classifier", []) if line.startswith("License :: ")
    ]
    licences = sorted({_CLASSIFIERS[line] for line in classified if line in _CLASSIFIERS})
    if not licences or any(line not in _CLASSIFIERS and line != "OSI Approved" for line in classified):
        return None
    return " AND ".join(licences)


def _normal(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()
