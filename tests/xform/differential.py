"""Compare verdicts with JavaRosa's: random forms, random instances, line by line.

`python -m tests.xform.differential FIRST_SEED FORMS INSTANCES` runs more cases than the
tests do, and prints each disagreement. `ORACLE` names the oracle's script.

`python -m tests.xform.differential --forms FOLDER [INSTANCES]` compares on the forms of
a folder: which load, and the verdicts on random instances of those that do. The lists
that they name are in the folder, too.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fieldapp.xform.definition import FormDefinition, FormError, path_text
from fieldapp.xform.evaluate import evaluate
from fieldapp.xform.files import open_form
from fieldapp.xform.findings import is_same
from fieldapp.xform.instance import open_instance
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.opening import open_blank
from fieldapp.xform.parse import parse_form
from tests.xform.instances import InstanceMaker
from tests.xform.random_forms import FormMaker

ROOT = Path(__file__).parents[2]
ORACLE = Path(os.environ.get("ORACLE", ROOT.parent / "shared/oracle/oracle.py"))
TIMEOUT = 240
KEPT = {"type", "choice", "unknown", "duplicate"}


def missing() -> str:
    """Say what is lacking for a comparison, or nothing."""
    if not ORACLE.exists():
        return f"the oracle is not at {ORACLE}"
    return "" if shutil.which("javac") else "there is no Java compiler"


@dataclass(frozen=True)
class Case:
    """One instance with both verdicts; `difference` is empty where they agree."""

    seed: int
    number: int
    xml: str
    difference: str


def ask_javarosa(
    form: str, instances: list[str], media: Path | None = None
) -> list[dict[str, Any]]:
    """Get JavaRosa's verdicts on instances of a form, each on the form read anew."""
    with tempfile.TemporaryDirectory() as folder:
        path, lines = Path(folder) / "form.xml", Path(folder) / "lines.ndjson"
        path.write_text(form, encoding="utf-8")
        texts = [
            json.dumps({"id": str(at), "xml": xml}) for at, xml in enumerate(instances)
        ]
        lines.write_text("\n".join(texts), encoding="utf-8")
        lists = ["--media", str(media)] if media else []
        return _ask("check", str(path), str(lines), "--fresh", *lists)


def _ask(*arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(ORACLE), *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
        env={**os.environ, "ORACLE_PYTHON": sys.executable},
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(theirs: dict[str, Any], ours: Judgement) -> str:
    """Describe how two verdicts differ; nothing if they agree."""
    if any(
        each["kind"] in {"error", "load"} and each["path"].count("/") < 2
        for each in theirs["problems"]
    ):
        return ""  # JavaRosa cannot open it: there is no verdict to agree with.
    return (
        _compare_rules(theirs, ours)
        or _compare_values(theirs, ours)
        or _compare_calculated(theirs, ours)
    )


def _compare_rules(theirs: dict[str, Any], ours: Judgement) -> str:
    asked = {"required", "constraint"}
    our_set = {(each.path, each.rule) for each in ours.violations if each.rule in asked}
    their_set = {
        (each["path"], each["kind"])
        for each in theirs["problems"]
        if each["src"] == "engine" and each["kind"] in asked
    }
    if our_set != their_set:
        return f"only ours {our_set - their_set}, only JavaRosa's {their_set - our_set}"
    failed = any(each.rule == "expression" for each in ours.violations)
    if failed != any(each["kind"] == "error" for each in theirs["problems"]):
        return f"an expression fails for one of us: ours {failed}"
    return ""


def _compare_values(theirs: dict[str, Any], ours: Judgement) -> str:
    """Compare what was dropped: JavaRosa's loader tells us, its verdict does not."""
    dropped = {"type", "choice"}
    our_set = {
        (each.path, each.rule) for each in ours.violations if each.rule in dropped
    }
    their_set = {
        (each["path"], each["kind"])
        for each in theirs["problems"]
        if each["src"] in {"parse", "choice"} and each["kind"] in dropped
    }
    if our_set != their_set:
        return f"only ours {our_set - their_set}, only JavaRosa's {their_set - our_set}"
    return ""


def _compare_calculated(theirs: dict[str, Any], ours: Judgement) -> str:
    form = ours.definition
    volatile = {
        path_text(step.path) for step in form.steps if step.expression.is_volatile
    }
    for path in theirs["calculated"].keys() | ours.calculated.keys():
        if form.missing_instances or re.sub(r"\[\d+\]", "", path) in volatile:
            continue  # By chance, or by a list that is not at hand.
        their_text = theirs["calculated"].get(path, "absent") or ""
        our_text = ours.calculated.get(path, "absent")
        if their_text != our_text and not is_same(their_text, our_text):
            return f"{path} is {our_text!r}, JavaRosa has {their_text!r}"
    return ""


def random_cases(seed: int, count: int) -> Iterator[Case]:
    """Make one random form, and compare the verdicts on random instances of it."""
    chance = random.Random(seed)  # noqa: S311 - It must be repeatable, not secret.
    form = FormMaker(chance).make(chance.randint(3, 8))
    definition = parse_form(form.encode())
    maker = InstanceMaker(definition, chance)
    instances = [maker.make((at % 5) / 4) for at in range(count)]
    verdicts = ask_javarosa(form, instances)
    for at, (xml, theirs) in enumerate(zip(instances, verdicts, strict=True)):
        yield Case(seed, at, xml, compare(theirs, judge(definition, xml)))


def judge(definition: FormDefinition, xml: str) -> Judgement:
    """Judge an instance now, as the oracle does."""
    return evaluate(definition, open_instance(xml.encode()), now=datetime.now(UTC))


def folder_cases(folder: Path, count: int) -> Iterator[tuple[str, str]]:
    """Compare on each form of a folder; give its name and what differs, if anything."""
    paths = sorted(folder.glob("*.xml"))
    lists = ["--media", str(folder)]
    for path, loaded in zip(paths, _ask("load", *map(str, paths), *lists), strict=True):
        theirs = str(loaded.get("error", ""))
        definition = None
        ours = ""
        try:
            definition = open_form(path, folder).definition
            open_blank(definition, now=datetime.now(UTC))
        except FormError as error:
            ours = str(error)
        yield path.name, "" if bool(ours) is bool(theirs) else f"{theirs or ours}"
        if definition is None or ours or theirs:
            continue
        maker = InstanceMaker(definition, random.Random(path.name))  # noqa: S311 - As above.
        instances = [maker.make((at % 5) / 4) for at in range(count)]
        form = path.read_text(encoding="utf-8")
        verdicts = ask_javarosa(form, instances, folder)
        for xml, verdict in zip(instances, verdicts, strict=True):
            yield f"{path.name} {xml}", compare(verdict, judge(definition, xml))


def main_of_folder(folder: Path, instances: int) -> None:
    """Compare on the forms of a folder and print the disagreements."""
    total = different = 0
    for name, difference in folder_cases(folder, instances):
        total += 1
        if difference:
            different += 1
            sys.stdout.write(f"{name}: {difference}\n")
    sys.stdout.write(f"{total} cases, {different} disagree\n")


def main(first: int, forms: int, instances: int) -> None:
    """Compare many cases and print the disagreements."""
    total = different = 0
    for seed in range(first, first + forms):
        for case in random_cases(seed, instances):
            total += 1
            if case.difference:
                different += 1
                sys.stdout.write(f"{case.seed}/{case.number}: {case.difference}\n")
    sys.stdout.write(f"{total} cases, {different} disagree\n")


if __name__ == "__main__":
    if sys.argv[1] == "--forms":
        main_of_folder(Path(sys.argv[2]), int((*sys.argv[3:], "20")[0]))
    else:
        main(*(int(argument) for argument in sys.argv[1:4]))
