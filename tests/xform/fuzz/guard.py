"""Run one input within bounds of time and memory, and tell what went wrong."""

import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

SECONDS = 2.0
"""Processor time that any input may take, up to the largest that is let in."""

SMALL = 2_000
SECONDS_WHEN_SMALL = 1.0
"""The same for inputs of at most `SMALL` bytes."""

MEGABYTES = 1_500
"""Memory that the whole process may take beyond what it has when it starts."""

_GRACE = 2.0


class TooSlow(BaseException):
    """An input took more than any input may; no handler of the engine takes it."""


@dataclass(frozen=True)
class Finding:
    """What an input did that no input may do."""

    target: str
    data: bytes
    kind: str
    detail: str


def limit_memory(megabytes: int = MEGABYTES) -> None:
    """Let the process fail to allocate, rather than the machine be swamped."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - No file.
        pages = int(file.read().split()[0])
    size = pages * resource.getpagesize() + megabytes * 1_000_000
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size, hard))


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` when the processor has worked for so long."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def examine(
    name: str, run: Callable[[bytes], Any], data: bytes, *, pace: float = 1.0
) -> Finding | None:
    """Run an input twice; `pace` stretches the bounds on machines that are slow."""
    limit = pace * (SECONDS_WHEN_SMALL if len(data) <= SMALL else SECONDS)
    try:
        with alarm(limit + _GRACE * min(pace, 1.0)):
            started = time.process_time()
            first = run(data)
            taken = time.process_time() - started
            again = run(data) if taken < limit else first
    except TooSlow as error:
        return Finding(name, data, "slow", f"over {limit} s at {_where(error)}")
    except Exception as error:  # noqa: BLE001 - The very point.
        return Finding(name, data, type(error).__name__, f"{error} at {_where(error)}")
    if taken > limit:
        return Finding(name, data, "slow", f"{taken:.1f} s, {len(data)} bytes")
    if first != again:
        return Finding(name, data, "unsteady", f"{first!r:.300} {again!r:.300}")
    return None


def _where(error: BaseException) -> str:
    """Name the last places of ours on the way to an error."""
    frames = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "/fieldapp/" in frame.filename or "/tests/" in frame.filename
    ]
    return " > ".join(frames[-3:])
