"""What fuzzing found stays mended, and fuzzing itself works."""

import random
from pathlib import Path

import pytest

from tests.xform.fuzz.guard import examine
from tests.xform.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(path.relative_to(CORPUS) for path in CORPUS.glob("*/*"))
PACE = 5.0
"""Tests run on machines that do much else."""


@pytest.mark.parametrize("path", FILES, ids=str)
def test_what_was_found_once_does_no_harm_any_more(path: Path) -> None:
    target = TARGETS[path.parts[0]]

    finding = examine(target.name, target.run, (CORPUS / path).read_bytes(), pace=PACE)

    assert finding is None


@pytest.mark.parametrize("name", TARGETS)
def test_a_few_spoilt_inputs_at_each_door_do_no_harm(name: str) -> None:
    target = TARGETS[name]
    chance = random.Random(7)  # noqa: S311 - It must be repeatable, not secret.
    seeds = target.seeds()

    inputs = [target.spoil(chance.choice(seeds), chance, seeds) for _ in range(5)]
    findings = [examine(name, target.run, each, pace=PACE) for each in inputs]

    assert findings == [None] * 5


def test_every_target_has_a_corpus() -> None:
    assert {path.parts[0] for path in FILES} == TARGETS.keys()


def test_an_input_that_takes_too_long_or_fails_is_a_finding() -> None:
    def endless(_data: bytes) -> object:
        while True:
            pass

    def failing(_data: bytes) -> object:
        raise KeyError("a")

    slow = examine("any", endless, b"", pace=0.01)
    broken = examine("any", failing, b"")

    assert slow is not None
    assert slow.kind == "slow"
    assert broken is not None
    assert broken.kind == "KeyError"
