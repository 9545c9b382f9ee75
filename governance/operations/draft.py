"""The first manifest of a folder: what was seen and answered as YAML, what is open as comments with the reason."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from governance import strictyaml
from governance.canonical import schema_of
from governance.collect.manifest import FILE_NAME
from governance.errors import BadInput, MachineFault
from governance.evidence.manifest import Manifest
from governance.operations import draft_data, draft_model, draft_record
from governance.operations.choices import Answers, choose
from governance.operations.drafting import Gap, Notes
from governance.operations.look import Seen
from governance.render.yaml import Comment, Item, Pair, document, tree

_HEADER = (
    "What `governance check` audits: one version of one model. `governance init` wrote it from what it saw; every line "
    "is yours to change. What it could not see is open, in a comment with the reason. `governance schema manifest` "
    "prints every key there is."
)


class Draft(NamedTuple):
    """`seen`: (what, how it was found), one for each thing that is in the manifest."""

    text: str
    manifest: Manifest
    seen: tuple[tuple[str, str], ...]
    gaps: tuple[Gap, ...]


def draft(folder: Seen, answers: Answers, progress: Callable[[str], None]) -> Draft:
    """Raises BadInput for an answer that does not fit the folder, or a file that changes meanwhile."""
    notes = Notes(folder, answers, choose(folder, answers), progress)
    items: list[Item] = [Comment(_HEADER), Pair("schema", schema_of(Manifest))]
    for section in (
        draft_model.model, draft_model.artifact, draft_model.features, draft_data.data, draft_record.lineage,
        draft_record.access, draft_record.environment, draft_record.licences, draft_record.operations,
        draft_record.documents,
    ):  # fmt: skip
        items += section(notes)
    text = document(items)
    source = strictyaml.parse(text.encode(), FILE_NAME)
    if source.tree != tree(items):
        raise RuntimeError("the manifest reads back as something else than was written")
    try:
        manifest = strictyaml.validate(source, Manifest)
    except BadInput as error:
        what = error.what.partition("\n")[0]
        raise BadInput("what was found and answered makes no sound manifest", got=what) from error
    folder.project.assert_unchanged()
    return Draft(text, manifest, tuple(notes.seen), tuple(notes.gaps))


def write_new(path: Path, text: str) -> None:
    """Raises BadInput where there is something already (a link that leads nowhere, too), MachineFault for the disk."""
    try:
        with path.open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise BadInput("there is a manifest already", got=str(path), fix="it is never overwritten; edit it") from error
    except OSError as error:
        raise MachineFault("cannot write the manifest", got=str(error), where=str(path)) from error
