"""What cannot be committed, or is too large for it: each function makes one thing in a sound project."""

import json
import os
import shutil
from pathlib import Path


def _manifest(root: Path, old: str, new: str) -> None:
    path = root / "governance.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def no_manifest(root: Path) -> None:
    (root / "governance.yaml").unlink()


def manifest_folder(root: Path) -> None:
    (root / "governance.yaml").unlink()
    (root / "governance.yaml").mkdir()


def ten_megabytes(root: Path) -> None:
    (root / "governance.yaml").write_bytes(b"# nothing\n" * (1 << 20))


def deep_nesting(root: Path) -> None:
    (root / "governance.yaml").write_text("a: " + "[" * 10_000, encoding="utf-8")


def deep_keys(root: Path) -> None:
    lines = (f"{' ' * depth}a:\n" for depth in range(500))
    (root / "governance.yaml").write_text("".join(lines) + " " * 500 + "x\n", encoding="utf-8")


def long_name(root: Path) -> None:
    _manifest(root, "name: credit", f"name: {'x' * 10_000}")


def many_keys(root: Path) -> None:
    documents = ", ".join(f"d{number}: card.md" for number in range(2_000))
    _manifest(root, "documents: {model_card: card.md}", f"documents: {{{documents}}}")


def link_out(root: Path) -> None:
    shutil.move(root / "eval.csv", root.parent / "outside.csv")
    (root / "eval.csv").symlink_to(root.parent / "outside.csv")


def link_to_itself(root: Path) -> None:
    (root / "model.onnx").unlink()
    (root / "model.onnx").symlink_to("model.onnx")


def link_into_nothing(root: Path) -> None:
    (root / "eval.csv").unlink()
    (root / "eval.csv").symlink_to("gone.csv")


def table_is_a_folder(root: Path) -> None:
    (root / "eval.csv").unlink()
    (root / "eval.csv").mkdir()


def table_is_a_pipe(root: Path) -> None:
    (root / "eval.csv").unlink()
    os.mkfifo(root / "eval.csv")


def table_is_a_device(root: Path) -> None:
    (root / "eval.csv").unlink()
    (root / "eval.csv").symlink_to("/dev/zero")


def artifact_is_an_empty_folder(root: Path) -> None:
    (root / "model.onnx").unlink()
    (root / "model.onnx").mkdir()


def artifact_is_a_folder(root: Path) -> None:
    (root / "model.onnx").unlink()
    (root / "model.onnx").mkdir()
    (root / "model.onnx/weights.bin").write_bytes(b"\0" * 64)


def artifact_folder_with_a_link(root: Path) -> None:
    artifact_is_a_folder(root)
    (root / "model.onnx/outside").symlink_to(root.parent)


def policy_of_two_megabytes(root: Path) -> None:
    with (root / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write("# nothing\n" * 200_000)


def no_policy(root: Path) -> None:
    (root / "policy.yaml").unlink()


def long_field(root: Path) -> None:
    with (root / "eval.csv").open("a", encoding="utf-8") as file:
        file.write(f"30,51000,{'f' * 200_000},yes,yes,0.7\n")


def thousands_of_groups(root: Path) -> None:
    rows = (f"30,51000,2026-01-01T00:00:{number / 100:05.2f}Z,yes,yes,0.7\n" for number in range(1_100))
    (root / "eval.csv").write_text("age,income,sex,repaid,predicted,score\n" + "".join(rows), encoding="utf-8")


def events_of_nine_megabytes(root: Path) -> None:
    event = json.loads((root / "lineage.json").read_text(encoding="utf-8"))
    event["producer"] = "x" * (9 << 20)
    (root / "lineage.json").write_text(json.dumps(event), encoding="utf-8")


def hundred_thousand_brackets(root: Path) -> None:
    (root / "lineage.json").write_text("[" * 100_000, encoding="utf-8")


def grants_of_nine_megabytes(root: Path) -> None:
    with (root / "grants.csv").open("a", encoding="utf-8") as file:
        file.write("ann,train,model:credit\n" * 400_000)


def card_of_two_megabytes(root: Path) -> None:
    with (root / "card.md").open("a", encoding="utf-8") as file:
        file.write("word " * 400_000)


def bundle_of_brackets(root: Path) -> None:
    (root / "b.json").write_text("[" * 100_000, encoding="utf-8")


def trust_of_two_megabytes(root: Path) -> None:
    (root / "t.json").write_bytes(b" " * (2 << 20) + (root / ".governance/trust.json").read_bytes())
