"""The ceiling: the same row committed by bare psycopg, with nothing else done.

Run by ``bench.openrosa`` as ``python -m bench.ceiling URL THREADS SECONDS``; several
at once make the connections of several server processes. Prints the rows committed.
"""

import sys
import threading
import time
from uuid import uuid4

import psycopg

TABLE = """create table if not exists bench_ceiling (
    id text primary key, xml bytea not null, warnings jsonb not null
)"""
INSERT = "insert into bench_ceiling values (%s, %s, %s)"
XML = b"<data>" + b"x" * 1600 + b"</data>"
WARNINGS = "[]"


def main() -> None:
    """Insert and commit until the time is over."""
    url, threads, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    counts = [0] * threads
    end = time.monotonic() + seconds

    def insert(number: int) -> None:
        with psycopg.connect(url) as connection:
            while time.monotonic() < end:
                connection.execute(INSERT, (f"uuid:{uuid4()}", XML, WARNINGS))
                connection.commit()
                counts[number] += 1

    workers = [threading.Thread(target=insert, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(sum(counts))


if __name__ == "__main__":
    main()
