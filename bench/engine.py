"""How fast forms compile and entries are judged: ``make bench-engine``.

JavaRosa judges the same entries, in turns with us and on the same core. What counts is
the processor time of the process, so that other work on the machine matters little.
"""

import argparse
import gc
import json
import os
import statistics
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from operator import ne
from pathlib import Path

from bench.javarosa import JavaRosa, javarosa, missing
from bench.sample_entries import EntryMaker
from bench.sample_forms import OPENING, Form, make_form, make_forms
from fieldapp.serving import COLLECT_AFTER
from fieldapp.submissions.judging import judge
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.instance import read_instance
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import compile_xlsform

FORMS = Path(__file__).parents[1] / "forms"
LONG_LIST = 20_000
COMPILES = 5
ROW = "{:>14} {:>8} {:>8} {:>8} {:>8} {:>11} {:>7} {:>10}"
HEADS = (
    "form",
    "clean",
    "ours/s",
    "median",
    "p95 ms",
    "JavaRosa/s",
    "ratio",
    "differing",
)


@dataclass(frozen=True)
class Reading:
    """What judging the entries of one form came to."""

    form: str
    clean: int
    """Entries that break no rule."""
    ours_per_s: float
    median_ms: float
    p95_ms: float
    javarosa_per_s: float | None
    ratio: float | None
    differing: int | None
    """Entries whose first broken rule is another one for JavaRosa."""


@dataclass
class Race:
    """A form, its entries, and the seconds of processor time that they took."""

    form: Form
    definition: FormDefinition
    entries: list[bytes]
    ours: list[float] = field(default_factory=list)
    """Of each entry."""
    theirs: list[float] = field(default_factory=list)
    """Of each time that JavaRosa judged all of them."""
    verdicts: list[str] = field(default_factory=list)


def main() -> None:
    """Measure both, and print tables and a line of JSON."""
    arguments = _arguments()
    forms = make_forms()
    compiled = measure_compiling(forms)
    races = [_race(form, arguments) for form in forms]
    # As a worker of the server does it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    lacking = missing()
    if lacking:
        print(f"\nWithout JavaRosa: {lacking}.")
        _take_one_core()
        _run(races, arguments, None)
    else:
        with javarosa([(race.form.xml, race.entries) for race in races]) as other:
            _take_one_core()
            other.warm_up(arguments.warm)
            _run(races, arguments, other)
    print(f"\nJudging {arguments.entries} entries of each form, on one core")
    print(ROW.format(*HEADS))
    readings = [asdict(_reading(race)) for race in races]
    for reading in readings:
        print(ROW.format(*(f"{each}" for each in reading.values())))
    print(json.dumps({"compile_s": compiled, "judging": readings}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=150, help="of each form")
    parser.add_argument("--seed", type=int, default=1, help="other entries")
    parser.add_argument("--rounds", type=int, default=8, help="turns of each engine")
    parser.add_argument("--turn", type=float, default=0.5, help="seconds of a turn")
    parser.add_argument("--warm", type=float, default=45, help="seconds for Java")
    return parser.parse_args()


def _take_one_core() -> None:
    """Stay on one core, where the system has that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def measure_compiling(forms: list[Form]) -> dict[str, float]:
    """Print how long it takes from an XForm to what judges its entries."""
    xforms = {
        path.name: compile_xlsform(path).xml for path in sorted(FORMS.glob("*.md"))
    }
    xforms |= {form.name: form.xml for form in forms}
    long_list = make_form("long list", OPENING, villages=LONG_LIST)
    xforms[f"{LONG_LIST} choices"] = long_list.xml
    print("Compiling an XForm, median seconds")
    found = {name: _compile_seconds(xml) for name, xml in xforms.items()}
    for name, seconds in found.items():
        print(f"{name:>28} {len(xforms[name]):>10,} bytes {seconds:>7.3f}", flush=True)
    return found


def _compile_seconds(xml: bytes) -> float:
    took = []
    for _ in range(COMPILES):
        gc.collect()
        began = time.process_time()
        parse_form(xml)
        took.append(time.process_time() - began)
    return round(statistics.median(took), 3)


def _race(form: Form, arguments: argparse.Namespace) -> Race:
    definition = parse_form(form.xml)
    maker = EntryMaker(form, definition, arguments.seed)
    return Race(form, definition, [maker.make() for _ in range(arguments.entries)])


def _run(
    races: list[Race], arguments: argparse.Namespace, other: JavaRosa | None
) -> None:
    """Judge in turns, so that a machine that changes its speed does so for both."""
    for _ in range(arguments.rounds):
        for number, race in enumerate(races):
            left = arguments.turn
            while left > 0:
                took = [_seconds(race.definition, xml) for xml in race.entries]
                race.ours += took
                left -= sum(took)
            left = arguments.turn if other is not None else 0
            while left > 0 and other is not None:
                race.theirs.append(other.judge(number))
                left -= max(race.theirs[-1], 1e-3)
    if other is not None:
        for number, race in enumerate(races):
            race.verdicts = other.verdicts(number)


def _seconds(definition: FormDefinition, xml: bytes) -> float:
    began = time.process_time()
    _judge(definition, xml).dissolve()
    return time.process_time() - began


def _judge(definition: FormDefinition, xml: bytes) -> Judgement:
    """Do what the intake does for an entry."""
    return judge(definition, read_instance(xml), received_at=datetime.now(UTC))


def _reading(race: Race) -> Reading:
    judged = [_judge(race.definition, xml) for xml in race.entries]
    ours_per_s = len(race.ours) / sum(race.ours)
    theirs_per_s = differing = None
    if race.theirs:
        theirs_per_s = len(race.theirs) * len(race.entries) / sum(race.theirs)
        differing = sum(map(ne, map(_first_rule, judged), race.verdicts))
    return Reading(
        form=race.form.name,
        clean=sum(each.is_ok for each in judged),
        ours_per_s=round(ours_per_s),
        median_ms=round(1000 * statistics.median(race.ours), 2),
        p95_ms=round(1000 * statistics.quantiles(race.ours, n=20)[-1], 2),
        javarosa_per_s=round(theirs_per_s) if theirs_per_s else None,
        ratio=round(ours_per_s / theirs_per_s, 2) if theirs_per_s else None,
        differing=differing,
    )


def _first_rule(judgement: Judgement) -> str:
    """Name the first rule that fails when the questions are asked, as JavaRosa does."""
    for each in judgement.violations:
        if each.rule in {"required", "constraint"}:
            return f"{each.rule} {each.path}"
    return "ok"


if __name__ == "__main__":
    main()
