"""What holds everywhere, checked by machine (style.md, 3.7 and 3.10)."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from fieldapp.identity.access import access_of
from fieldapp.web.docs import all_problems

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fieldapp"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PROBLEMS = ROOT / "docs" / "problems.md"
ROW = re.compile(r"\| `[a-z-]+` \| \d{3} \|")

COMMITTERS = {
    "areas/log.py",
    "cli.py",
    "exporting/making.py",
    "identity/basic.py",
    "notices/mailing.py",
    "notices/visiting.py",
    "quality/working.py",
    "starting.py",
    "submissions/group_commit.py",
    "submissions/intake.py",
}
"""Who commits beside views and commands: edges, workers, and intake's group commit."""

CATCHERS = {"quality/visit.py", "submissions/group_commit.py"}
"""Whose failure is another's: an entry that cannot be examined stops no worker, and
threads that wait for a group's answer are told."""

MAX_LINES = 400
ONE_FILE = {"ledger/verify.py": 800}
"""Handed to auditors as one program that needs nothing else."""
MAX_TEST_LINES = 500
MAX_FUNCTION_LINES = 40

OPENERS = {
    "enketo/links.py",
    "quality/dismissing.py",
    "review/assigning.py",
    "review/comments.py",
    "review/service.py",
    "submissions/disclosing.py",
}
"""Who gets a submission that a person sees: the door for its answers, who changes it
for who may, and who hands it back to its author."""

RAW_ANSWERS = re.compile(
    r'attribute="(submission\.title|revision\.(xml|violations|warnings)'
    r'|decision\.note|comment\.text)"'
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def nodes(path: Path) -> Iterator[ast.AST]:
    yield from ast.walk(ast.parse(path.read_text()))


def functions(path: Path) -> Iterator[Function]:
    for node in nodes(path):
        if isinstance(node, Function):
            yield node


def body_lines(function: Function) -> int:
    start = function.lineno
    if ast.get_docstring(function):
        docstring = function.body[0]
        start += (docstring.end_lineno or 0) - docstring.lineno + 1
    return (function.end_lineno or 0) - start + 1


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def catches_all(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    return kind is None or (isinstance(kind, ast.Name) and kind.id == "Exception")


def test_every_endpoint_names_who_may_call_it(app: Flask) -> None:
    silent = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if access_of(view) is None
    ]

    assert silent == []


def test_only_the_edges_commit() -> None:
    committing = {
        relative(path)
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    }
    edges = {
        relative(path)
        for path in SOURCES
        if path.name.endswith(("views.py", "commands.py"))
    }

    assert committing - edges - COMMITTERS == set()


def test_entries_are_read_through_their_masks_only() -> None:
    opening = {
        relative(path)
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom)
        and any(alias.name == "get_visible_submission" for alias in node.names)
    }
    raw = {relative(path) for path in SOURCES if RAW_ANSWERS.search(path.read_text())}

    assert opening - OPENERS == set()
    assert raw == set()


def test_problems_have_slugs_of_their_own() -> None:
    slugs = Counter(problem.slug for problem in all_problems())

    assert [slug for slug, number in slugs.items() if number > 1] == []


def test_every_problem_is_documented_with_its_status_and_titles() -> None:
    documented = PROBLEMS.read_text().splitlines()

    rows = {
        f"| `{problem.slug}` | {problem.status} | {problem.title.id} "
        f"| {problem.title.en} |"
        for problem in all_problems()
    }
    assert sorted(rows - set(documented)) == []
    assert sum(bool(ROW.match(line)) for line in documented) == len(rows)


def test_files_stay_readable_in_one_sitting() -> None:
    long = [
        path
        for path in SOURCES
        if lines_of(path) > ONE_FILE.get(relative(path), MAX_LINES)
    ]
    long += [path for path in TESTS if lines_of(path) > MAX_TEST_LINES]

    assert long == []


def test_functions_stay_under_a_screen() -> None:
    long = [
        f"{relative(path)} {function.name}: {body_lines(function)}"
        for path in SOURCES
        for function in functions(path)
        if body_lines(function) > MAX_FUNCTION_LINES
    ]

    assert long == []


def test_imports_stand_at_the_top() -> None:
    hidden = [
        f"{relative(path)}:{node.lineno}"
        for path in SOURCES
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert hidden == []


def test_nobody_catches_everything() -> None:
    broad = {
        relative(path)
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler) and catches_all(node)
    }

    assert broad - CATCHERS == set()


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils.py", "helpers.py", "constants.py", "misc.py", "common.py"}

    assert [relative(path) for path in SOURCES if path.name in drawers] == []
