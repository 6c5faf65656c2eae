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
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
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
class Turns:
    """The seconds of processor time of each entry of ours, and of JavaRosa's passes."""

    ours: list[float] = field(default_factory=list)
    theirs: float = 0.0
    their_entries: int = 0


def main() -> None:
    """Measure both, and print tables and a line of JSON."""
    arguments = _arguments()
    lacking = missing()
    if lacking:
        print(f"Without JavaRosa: {lacking}.")
    _take_one_core()
    forms = make_forms()
    compiled = measure_compiling(forms)
    print(f"\nJudging {arguments.entries} entries of each form, on one core")
    print(ROW.format(*HEADS))
    readings = [
        measure_judging(form, arguments, with_javarosa=not lacking) for form in forms
    ]
    result = {"compile_s": compiled, "judging": [asdict(each) for each in readings]}
    print(json.dumps(result))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=150, help="of each form")
    parser.add_argument("--seed", type=int, default=1, help="other entries")
    parser.add_argument("--rounds", type=int, default=8, help="turns of each engine")
    parser.add_argument("--turn", type=float, default=0.5, help="seconds of a turn")
    parser.add_argument("--warm", type=float, default=15, help="seconds for Java")
    return parser.parse_args()


def _take_one_core() -> None:
    """Stay on one core, where the system has that; a started Java stays there too."""
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


def measure_judging(
    form: Form, arguments: argparse.Namespace, *, with_javarosa: bool
) -> Reading:
    """Judge the entries of a form in turns with JavaRosa, and print what it took."""
    definition = parse_form(form.xml)
    maker = EntryMaker(form, definition, arguments.seed)
    entries = [maker.make() for _ in range(arguments.entries)]
    # As a worker of the server does it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    turns, verdicts = Turns(), None
    if with_javarosa:
        with javarosa(form.xml, entries) as other:
            _spend(arguments.warm, other.judge)
            for _ in range(arguments.rounds):
                _spend(arguments.turn, lambda: _our_turn(turns, definition, entries))
                _spend(arguments.turn, lambda: _their_turn(turns, other))
            verdicts = other.verdicts()
    else:
        for _ in range(arguments.rounds):
            _spend(arguments.turn, lambda: _our_turn(turns, definition, entries))
    judged = [_judge(definition, xml) for xml in entries]
    reading = _reading(form.name, turns, judged, verdicts)
    print(ROW.format(*(f"{each}" for each in asdict(reading).values())), flush=True)
    return reading


def _spend(seconds: float, action: Callable[[], float]) -> None:
    """Repeat an action until it has taken so much processor time."""
    while seconds > 0:
        seconds -= max(action(), 1e-3)


def _our_turn(turns: Turns, definition: FormDefinition, entries: list[bytes]) -> float:
    took = []
    for xml in entries:
        began = time.process_time()
        _judge(definition, xml)
        took.append(time.process_time() - began)
    turns.ours += took
    return sum(took)


def _their_turn(turns: Turns, other: JavaRosa) -> float:
    took = other.judge()
    turns.theirs += took
    turns.their_entries += other.count
    return took


def _judge(definition: FormDefinition, xml: bytes) -> Judgement:
    """Do what the intake does for an entry."""
    return judge(definition, read_instance(xml), received_at=datetime.now(UTC))


def _reading(
    name: str, turns: Turns, judged: list[Judgement], verdicts: list[str] | None
) -> Reading:
    ours_per_s = len(turns.ours) / sum(turns.ours)
    theirs_per_s = turns.their_entries / turns.theirs if verdicts else None
    pairs = zip(judged, verdicts or (), strict=False)
    return Reading(
        form=name,
        clean=sum(each.is_ok for each in judged),
        ours_per_s=round(ours_per_s),
        median_ms=round(1000 * statistics.median(turns.ours), 2),
        p95_ms=round(1000 * statistics.quantiles(turns.ours, n=20)[-1], 2),
        javarosa_per_s=round(theirs_per_s) if theirs_per_s else None,
        ratio=round(ours_per_s / theirs_per_s, 2) if theirs_per_s else None,
        differing=sum(_first_rule(ours) != theirs for ours, theirs in pairs)
        if verdicts
        else None,
    )


def _first_rule(judgement: Judgement) -> str:
    """Name the first rule that fails when the questions are asked, as JavaRosa does."""
    for each in judgement.violations:
        if each.rule in {"required", "constraint"}:
            return f"{each.rule} {each.path}"
    return "ok"


if __name__ == "__main__":
    main()
