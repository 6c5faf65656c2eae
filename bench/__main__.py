"""Measure all of it: ``make bench``, or ``python -m bench --seconds 5 --fill 5000``.

Prints tables for people and, at the end, one line of JSON. Figures hold for one
machine and one moment; ratios within a run are what can be compared.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

from bench.installation import (
    ROOT,
    Installation,
    add_facilitator,
    installation,
    publish_file,
    serving,
)
from bench.openrosa import CONNECTIONS, FORM, Reading, Target, ceiling, measure
from bench.sync import send, sign_in

USERNAME = "bench"
ROW = "{:>12} {:>11} {:>8} {:>8} {:>8} {:>10} {:>10} {:>7} {:>10}"


def main() -> None:
    """Run every measurement, on an installation that is removed afterwards."""
    arguments = _arguments()
    if not FORM.exists():
        sys.exit(f"The load generator is not there: {FORM.parents[1]}")
    with installation() as place:
        publish_file(place, FORM)
        token = add_facilitator(place, USERNAME)
        result: dict[str, Any] = {"cold_start_s": _cold_start(place)}
        with serving(place) as (address, pid):
            session = sign_in(address, USERNAME)

            def load(connections: int) -> tuple[Reading, float]:
                target = Target(address, pid, token)
                reading = measure(
                    place, target, connections=connections, seconds=arguments.seconds
                )
                bare = ceiling(
                    place, connections=connections, seconds=arguments.seconds
                )
                _print_row(reading, bare)
                return reading, bare

            print("OpenRosa door, every rule checked")
            _print_head()
            small = [load(connections) for connections in CONNECTIONS]
            result["json_batches"] = [
                send(address, session, entries=2000, clients=clients)
                for clients in (1, 2)
            ]
            print(f"JSON door, batches of 200: {result['json_batches']}")
            if arguments.fill:
                send(address, session, entries=arguments.fill, clients=2)
                print(f"\nThe same with {arguments.fill} more entries stored")
                _print_head()
                full = [load(connections) for connections in CONNECTIONS[1:]]
                result["filled"] = _as_dicts(full)
        result["openrosa"] = _as_dicts(small)
    if arguments.reports:
        result["reports"] = _run("bench.reports", arguments.reports)
    if arguments.exports:
        result["exports"] = _run("bench.exports", arguments.exports)
    print(json.dumps(result))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="of each load")
    parser.add_argument("--fill", type=int, default=50_000, help="entries; 0: none")
    parser.add_argument(
        "--reports",
        nargs="*",
        default=["10000", "1000000"],
        help="sizes of bench.reports; none: left out",
    )
    parser.add_argument(
        "--exports",
        nargs="*",
        default=["10000", "50000", "1000000"],
        help="sizes of bench.exports; none: left out",
    )
    return parser.parse_args()


def _cold_start(place: Installation) -> float:
    began = time.perf_counter()
    with serving(place):
        return round(time.perf_counter() - began, 2)


def _run(module: str, sizes: list[str]) -> Any:
    command = [sys.executable, "-m", module, *sizes]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    print(done.stdout.decode())
    return json.loads(done.stdout)


def _print_head() -> None:
    print(
        ROW.format(
            "connections",
            "accepted/s",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "server ms",
            "postgres ms",
            "other",
            "ceiling/s",
        )
    )


def _print_row(reading: Reading, bare: float) -> None:
    print(
        ROW.format(
            reading.connections,
            reading.accepted_per_s,
            round(reading.p50_ms, 1),
            round(reading.p95_ms, 1),
            round(reading.p99_ms, 1),
            reading.server_cpu_ms,
            reading.database_cpu_ms,
            f"{reading.other_cpu_share:.0%}",
            bare,
        ),
        flush=True,
    )


def _as_dicts(rows: list[tuple[Reading, float]]) -> list[dict[str, Any]]:
    return [{**asdict(reading), "ceiling_per_s": bare} for reading, bare in rows]


if __name__ == "__main__":
    main()
