"""Accepted submissions a second through the OpenRosa door, with every rule checked.

The generator and the form are those of ``../shared/bench``, whose page has ODK
Central's figures for the same form; the ceiling runs between, in the same run.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.ceiling import TABLE
from bench.installation import GENERATOR, Installation

FORM = GENERATOR / "data" / "gula_semut_storage_delivery.xlsx"
TEMPLATE = GENERATOR / "data" / "gula_semut_storage_delivery.submission.xml"
CONNECTIONS = (1, 8, 32)
PROCESSES = 2
WARMUP_SECONDS = 2


@dataclass(frozen=True)
class Reading:
    """What one load came to."""

    connections: int
    accepted_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    server_cpu_ms: float
    """CPU of the server's processes for each accepted entry."""
    database_cpu_ms: float
    other_cpu_share: float
    """What else the machine did: a reading with much of it is not to be trusted."""


@dataclass(frozen=True)
class Target:
    """The server to load: its address, its process, and a phone's token."""

    address: str
    pid: int
    token: str


def measure(
    place: Installation, target: Target, *, connections: int, seconds: int
) -> Reading:
    """Load the server with some connections and read what it does."""
    postgres = (place.postgres / "postmaster.pid").read_text().split()[0]
    with tempfile.NamedTemporaryFile(suffix=".json") as result:
        command = [
            sys.executable,
            str(GENERATOR / "openrosa_load.py"),
            f"{target.address}/v1/key/{target.token}/submission",
            str(TEMPLATE),
            *("-c", str(connections), "-d", str(seconds)),
            *("--warmup", str(WARMUP_SECONDS), "--json", result.name),
            *("--watch", f"server={target.pid}", "--watch", f"database={postgres}"),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found = json.loads(Path(result.name).read_text())
    accepted = max(1, found["accepted"])
    cpu, latency = found["cpu_s"], found["latency_ms"]
    return Reading(
        connections=connections,
        accepted_per_s=found["accepted_per_s"],
        p50_ms=latency["p50"],
        p95_ms=latency["p95"],
        p99_ms=latency["p99"],
        server_cpu_ms=round(1000 * cpu["server"] / accepted, 2),
        database_cpu_ms=round(1000 * cpu["database"] / accepted, 2),
        other_cpu_share=round(cpu["other"] / cpu["machine_total"], 3),
    )


def ceiling(place: Installation, *, connections: int, seconds: int) -> float:
    """Commit the bare row with as many connections; give rows a second."""
    with psycopg.connect(place.database_url, autocommit=True) as connection:
        connection.execute(TABLE)
    processes = min(PROCESSES, connections)
    share = connections // processes
    running = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "bench.ceiling", place.database_url),
                *(str(share), str(seconds)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    counts = [int(process.communicate(timeout=seconds + 30)[0]) for process in running]
    return round(sum(counts) / seconds, 1)
