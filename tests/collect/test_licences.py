"""Licences: what the manifest says, what installed metadata says of the very same version, and what nobody says."""

from importlib import metadata

import pytest

from governance.collect import licences, reproducibility
from governance.errors import BadInput
from governance.evidence.licences import Component
from governance.evidence.manifest import LicencesSection

LOCK = reproducibility.lock(b"Num_Py==2.1.0\nscipy==1.2\ntorch>=2\n-e .\n", "l")


def known(name: str, version: str) -> str | None:
    return {("num-py", "2.1.0"): "BSD-3-Clause"}.get((name, version))


def test_the_manifest_comes_before_metadata() -> None:
    stated = LicencesSection(model="MIT", packages={"num.py": "Apache-2.0"})
    found = licences.facts(stated, LOCK, known)
    assert found is not None and found.origin is not None and found.origin.kind == "declared"
    assert (found.model, found.components) == ("MIT", None)
    assert [(one.name, one.version, one.licence, one.said_by) for one in found.packages or ()] == [
        ("num-py", "2.1.0", "Apache-2.0", "manifest"),
        ("scipy", "1.2", None, None),
        ("torch", None, None, None),
        ("-e .", None, None, None),
    ]
    found = licences.facts(LicencesSection(components=()), LOCK, known)
    assert found is not None and found.components == ()
    assert next((one.licence, one.said_by) for one in found.packages or ()) == ("BSD-3-Clause", "metadata")


def test_nothing_said_is_nothing() -> None:
    assert licences.facts(LicencesSection(), None) is None
    found = licences.facts(LicencesSection(components=(Component(name="bert", kind="base-model"),)), None)
    assert found is not None and found.packages is None


@pytest.mark.parametrize("locked", [LOCK, None])
def test_a_package_that_is_not_locked_is_refused(locked: tuple[reproducibility.Requirement, ...] | None) -> None:
    with pytest.raises(BadInput) as caught:
        licences.facts(LicencesSection(packages={"numpyy": "MIT"}), locked, known)
    assert caught.value.where == "licences.packages" and "numpyy" in caught.value.got


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ("License-Expression: MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("License: BSD-3-Clause", "BSD-3-Clause"),
        ("License: MPL-2.0 AND (MIT OR ISC)", "MPL-2.0 AND (MIT OR ISC)"),
        ("License: MIT License\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
        (
            "Classifier: License :: OSI Approved\nClassifier: License :: OSI Approved :: MIT License\n"
            "Classifier: License :: OSI Approved :: ISC License (ISCL)",
            "ISC AND MIT",
        ),
        ("License-Expression: see the file", None),
        ("License: 3-Clause BSD License\nClassifier: License :: OSI Approved :: BSD License", None),
        (
            "Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: OSI Approved :: BSD License",
            None,
        ),
        ("License: " + "MIT OR " * 50 + "MIT", None),
        ("Classifier: Topic :: Software", None),
    ],
)
def test_what_metadata_says(monkeypatch: pytest.MonkeyPatch, fields: str, licence: str | None) -> None:
    class Installed(metadata.Distribution):
        def read_text(self, filename: str) -> str | None:
            return f"Metadata-Version: 2.4\nName: p\nVersion: 1.0\n{fields}\n" if filename == "METADATA" else None

        def locate_file(self, path: object) -> None:  # type: ignore[override]
            raise AssertionError("nothing else is looked at")

    monkeypatch.setattr(metadata.Distribution, "from_name", classmethod(lambda cls, name: Installed()))
    assert licences.installed("p", "1.0") == licence
    assert licences.installed("p", "1.0.1") is None, "another version may be under another licence"


def test_what_is_not_installed_is_not_known() -> None:
    assert licences.installed("no-such-package-anywhere", "1.0") is None
    assert licences.installed("numpy", metadata.version("numpy")) is not None
