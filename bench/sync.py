"""Entries a second through the JSON door, in batches of 200, gzipped."""

import gzip
import json
import statistics
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from bench.installation import PASSWORD
from bench.openrosa import TEMPLATE

BATCH = 200


def sign_in(address: str, username: str) -> str:
    """Sign in, and give the access token."""
    body = json.dumps({"username": username, "password": PASSWORD}).encode()
    answer = _post(f"{address}/api/v1/auth/login", body, {})
    token: str = json.loads(answer)["access_token"]
    return token


def send(
    address: str, token: str, *, entries: int, clients: int = 1
) -> dict[str, float]:
    """Send entries in batches, by some clients at once; every one must be created."""
    template = TEMPLATE.read_text()
    headers = {"Authorization": f"Bearer {token}", "Content-Encoding": "gzip"}

    def batch(_: int) -> float:
        items = [
            {"xml": template.replace("{{instanceID}}", f"uuid:{uuid4()}")}
            for _ in range(BATCH)
        ]
        body = gzip.compress(json.dumps({"items": items}).encode(), 1)
        began = time.perf_counter()
        answer = json.loads(_post(f"{address}/api/v1/sync/submissions", body, headers))
        took = time.perf_counter() - began
        created = sum(item["status"] == "created" for item in answer["items"])
        if created != BATCH:
            raise RuntimeError(f"{created} of {BATCH} were created")
        return took

    batches = max(1, entries // BATCH)
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        times = list(pool.map(batch, range(batches)))
    total = time.perf_counter() - began
    return {
        "clients": clients,
        "entries_per_s": round(batches * BATCH / total, 1),
        "batch_p50_ms": round(1000 * statistics.median(times), 1),
    }


def _post(url: str, body: bytes, headers: dict[str, str]) -> bytes:
    request = urllib.request.Request(  # noqa: S310 - Our own server.
        url, body, {"Content-Type": "application/json", **headers}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content
