"""The player of pages finds what is not true: a page that says so is refused with its line, and a true one is not."""

from pathlib import Path

import pytest

from tests.docs.player import Untrue, play

WORKFLOW = (
    "```yaml title=\".github/workflows/x.yml\"\non: push\njobs: {one: {runs-on: x, steps: [{run: 'true'}]}}\n```\n"
)


INDENTED = """\
1. A step

    ```text title="a"
    deep
      er
    ```

    ```console
    $ cat a
    deep
      er
    ```
"""


def played(tmp_path: Path, text: str, recorded: dict[str, str] | None = None) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    play(tmp_path / "page.md", "page.md", folder, tmp_path / "home", recorded or {})
    return folder


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def console(*lines: str) -> str:
    return "\n".join(("```console", *lines, "```", ""))


@pytest.mark.parametrize(
    "text",
    [
        console("$ echo one; echo two", "one", "two"),
        console("$ printf 'a 1 b\\n\\nc\\nd\\n'", "a ... b", "...", "d"),
        console("$ printf 'a\\nb\\nc\\n'", "a", "c"),
        console("$ echo 2026-01-01T00:00:00Z", "2027-12-31T23:59:59Z"),
        console("$ echo x=aaaaaaaaaaaa", "x=bbbbbbbbbbbbbbbb"),
        console("$ false", "$ echo $?", "1"),
        console("$ ls nowhere", "ls: cannot access...", "$ echo $?", "2"),
        console("$ echo one \\", "    two", "one two"),
        console("$ echo a | tr a b", "b"),
        console("$ x=1; cd .. && cd work", "$ echo $x", "1"),
        console("$ test -z \"$CI\" && cd && pwd && ls -A", "...home"),
        console("$ python -c 'import governance' && governance --version", "governance ..."),
        '```python title="a/b.py"\nprint(1 + 1)\n```\n' + console("$ python a/b.py", "2"),
        INDENTED,
        "```json\n{}\n```\n```yaml\na: 1\n```\n```text\n-> x\n```\n",
        WORKFLOW,
    ],
)  # fmt: skip
def test_true(tmp_path: Path, text: str) -> None:
    played(tmp_path, text)


@pytest.mark.parametrize(
    "text, line, said",
    [
        (console("$ echo one", "two"), 3, "expected  two"),
        (console("$ echo one; echo two", "two", "one"), 4, "expected  one"),
        (console("$ echo one", "on"), 3, "expected  on"),
        (console("$ echo one", "one", "one"), 4, "expected  one"),
        (console("$ echo aaaaaaaaaaa", "bbbbbbbbbbb"), 3, "expected  bbb"),
        (console("$ true", "$ false"), 3, "exit code 1"),
        (console("$ false", "$ echo $?", "2"), 4, "expected  2"),
        (console("$ true", "$ echo $?", "1"), 4, "expected  1"),
        (console("$ false", "$ true", "$ echo $?", "0"), 2, "exit code 1"),
        (console("$ exit 0"), 2, "ended the shell"),
        (console("$ if"), 2, "exit code"),
        (console("echo one"), 2, "begins with `$ command`"),
        ("```console\n```\n", 1, "without a command"),
        ("\n```python\n1\n```\n", 2, "nothing tests a block of 'python'"),
        ("```\nx\n```\n", 1, "no language"),
        ("```json\n{\n```\n", 1, "no json"),
        ("```yaml\na: [\n```\n", 1, "no yaml"),
        ("x\n```text\n", 2, "never closed"),
        ('```text title="../x"\n1\n```\n', 1, "outside"),
        (WORKFLOW.replace("runs-on", "runs_on"), 1, "not what its platform reads"),
        ('```yaml title=".gitlab-ci.yml"\na: {script: {x: 1}}\n```\n', 1, "not what its platform reads"),
    ],
)
def test_untrue(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(Untrue) as refused:
        played(tmp_path, text)
    assert str(refused.value).startswith(f"page.md:{line}")
    assert said in str(refused.value)


def test_a_command_that_ran_elsewhere_is_held_against_what_it_said(tmp_path: Path) -> None:
    page = console("$ make demo    # a while", "done")
    played(tmp_path, page, {"make demo": "done\n"})
    with pytest.raises(Untrue):
        played(_empty(tmp_path / "again"), page, {"make demo": "broken\n"})


def test_a_command_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.docs.player.SECONDS", 0.2)
    with pytest.raises(Untrue, match="did not end"):
        played(tmp_path, console("$ sleep 30"))


def test_pages_share_nothing(tmp_path: Path) -> None:
    played(_empty(tmp_path / "a"), console("$ echo x > ~/left; echo y > here; z=1"))
    played(
        _empty(tmp_path / "b"),
        console('$ ls -A ~ . && echo "${z:-unset}"', "unset") + console("$ ls ~/left", "$ echo $?", "2"),
    )
