"""The command: `python -m tests.xform.fuzz --minutes N [--seed S] [TARGET ...]`."""

import argparse
import hashlib
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.xform.fuzz.guard import Finding, examine, limit_memory
from tests.xform.fuzz.targets import TARGETS, Target

CORPUS = Path(__file__).parents[1] / "corpus"
MEGABYTE = 1_000_000
_KEPT = 400


class Campaign:
    """One run over some targets in turn: tries, findings, what they came to."""

    def __init__(self, seed: int, findings: Path) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - Repeatable, not secret.
        self.findings = findings
        self.tries: Counter[str] = Counter()
        self.known: Counter[str] = Counter()
        self.pools: dict[str, list[bytes]] = {}

    def spend(self, target: Target, seconds: float) -> None:
        """Try a target for some time; odd outcomes become starting points."""
        pool = self.pools.setdefault(target.name, [*target.seeds(), *kept(target.name)])
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            data = self.next_input(target, pool)
            self.tries[target.name] += 1
            finding = examine(target.name, target.run, data)
            if finding is not None:
                self.note(finding)
            elif self.chance.random() < 0.02:
                self.keep(pool, data)

    def next_input(self, target: Target, pool: list[bytes]) -> bytes:
        """Make a new input, or spoil one; at most a megabyte."""
        if target.make is not None and self.chance.random() < 0.4:
            data = target.make(self.chance)
        else:
            data = self.chance.choice(pool)
        while self.chance.random() < 0.8:
            data = target.spoil(data, self.chance, pool)[:MEGABYTE]
            if self.chance.random() < 0.5:
                break
        return data

    def keep(self, pool: list[bytes], data: bytes) -> None:
        """Go on from a spoilt input sometimes, so that changes add up."""
        if len(data) > 50_000:
            return
        if len(pool) > _KEPT:
            pool[self.chance.randrange(_KEPT // 2, len(pool))] = data
        else:
            pool.append(data)

    def note(self, finding: Finding) -> None:
        """Write an input down that misbehaves in a way not seen yet."""
        place = finding.detail.rpartition(" at ")[2].rpartition(" > ")[2]
        name = f"{finding.target} {finding.kind} {place[:60]}"
        self.known[name] += 1
        if self.known[name] > 3:
            return
        digest = hashlib.sha256(finding.data).hexdigest()[:8]
        self.findings.mkdir(parents=True, exist_ok=True)
        path = self.findings / f"{finding.target}-{finding.kind}-{digest}"
        path.write_bytes(finding.data)
        sys.stdout.write(f"{finding.kind}: {finding.detail[:500]}\n  {path}\n")
        sys.stdout.flush()


def kept(target: str) -> list[bytes]:
    """Give what the corpus keeps for a target."""
    folder = CORPUS / target
    return [path.read_bytes() for path in sorted(folder.glob("*"))]


def campaign(
    names: Sequence[str], *, minutes: float, seed: int, findings: Path
) -> Campaign:
    """Try some targets in turns for so many minutes."""
    run = Campaign(seed, findings)
    end = time.monotonic() + 60 * minutes
    share = min(20.0, 60 * minutes / len(names))
    while time.monotonic() < end:
        for name in names:
            run.spend(TARGETS[name], share)
            sys.stdout.write(f"{name}: {run.tries[name]} tries\n")
            sys.stdout.flush()
    return run


def main() -> None:
    """Read the arguments, run, and fail if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    given = parser.parse_args()
    limit_memory()
    run = campaign(
        given.targets or list(TARGETS),
        minutes=given.minutes,
        seed=given.seed,
        findings=given.findings,
    )
    sys.stdout.write(f"tries {dict(run.tries)}\nfindings {dict(run.known)}\n")
    sys.exit(1 if run.known else 0)


if __name__ == "__main__":
    main()
