"""Clients that never give up: a phone, a browser and a coordinator on a bad network."""

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from threading import Lock
from typing import Any
from urllib.parse import quote

from tests.e2e.entries import Entry
from tests.e2e.wire import AWAY, Answer, Phone, Reader, ask
from tests.openrosa.phone import Part

PAUSE = 0.05
GIVE_UP_SECONDS = 180
TAKEN = {200, 201}


@dataclass
class Promises:
    """What clients were told is done."""

    files: set[tuple[str, str | None]] = field(default_factory=set)
    """Instance id and file name; None for the entry itself."""
    decisions: dict[str, str] = field(default_factory=dict)
    """The kind of the decision, by instance id."""
    _lock: Lock = field(default_factory=Lock)

    def file(self, instance_id: str, name: str | None) -> None:
        """Note that an entry, or a file of it, was acknowledged."""
        with self._lock:
            self.files.add((instance_id, name))

    def decision(self, instance_id: str, kind: str) -> None:
        """Note that a decision was acknowledged; there may be one only."""
        with self._lock:
            assert instance_id not in self.decisions
            self.decisions[instance_id] = kind


def until_answered(request: Callable[[], Answer]) -> Answer:
    """Ask until a whole answer comes from a server that is there."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < deadline:
        try:
            answer = request()
        except (OSError, HTTPException):
            time.sleep(PAUSE)
            continue
        if answer.status != AWAY and _is_whole(answer):
            return answer
        time.sleep(PAUSE)
    raise TimeoutError


def send_as_browser(browser: Reader, entries: list[Entry], promises: Promises) -> None:
    """Send a batch over JSON, then each file by itself."""
    items = [{"xml": entry.xml.decode()} for entry in entries]
    answer = until_answered(lambda: browser.post("/sync/submissions", {"items": items}))
    assert answer.status == 200, answer.body
    for entry, outcome in zip(entries, answer.json["items"], strict=True):
        assert outcome["status"] in {"created", "duplicate"}, outcome
        promises.file(entry.id, None)
        for name, content in entry.files.items():
            _put(browser, entry.id, name, content)
            promises.file(entry.id, name)


def decide_alone(
    coordinator: Reader, instance_id: str, kind: str, promises: Promises
) -> None:
    """Decide about one entry; where the answer was lost, somebody has decided."""
    path = f"/submissions/{quote(instance_id)}/decisions"
    answer = until_answered(lambda: coordinator.post(path, _order(instance_id, kind)))
    assert answer.status in {201, 409}, answer.body
    if answer.status == 201:
        promises.decision(instance_id, kind)


def decide_in_a_list(
    coordinator: Reader, instance_ids: list[str], kind: str, promises: Promises
) -> None:
    """Decide about many entries, each with an outcome of its own."""
    items = [{**_order(each, kind), "instance_id": each} for each in instance_ids]
    answer = until_answered(lambda: coordinator.post("/decisions", {"items": items}))
    assert answer.status == 200, answer.body
    for outcome in answer.json["items"]:
        if outcome["status"] == "decided":
            promises.decision(outcome["instance_id"], kind)
        else:
            assert outcome["problem"]["status"] == 409, outcome


def correct_as_enketo(phone: Phone, correction: Entry, promises: Promises) -> None:
    """Send a correction with no file: all are carried over from what it corrects."""
    xml: Part = ("xml_submission_file", "entry.xml", "text/xml", correction.xml)
    answer = until_answered(lambda: phone.post(xml))
    assert answer.status == 201, answer.body
    promises.file(correction.id, None)


def _order(instance_id: str, kind: str) -> dict[str, Any]:
    return {"kind": kind, "revision_id": instance_id, "note": "Alasan."}


def _put(browser: Reader, instance_id: str, name: str, content: bytes) -> None:
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    headers = {
        "Authorization": f"Bearer {browser.token}",
        "Content-Type": "image/jpeg",
        "Content-Digest": f"sha-256=:{digest}:",
    }
    path = f"/api/v1/sync/submissions/{instance_id}/attachments/{quote(name)}"
    answer = until_answered(
        lambda: ask(browser.port, "PUT", path, body=content, headers=headers)
    )
    assert answer.status in TAKEN, answer.body


def _is_whole(answer: Answer) -> bool:
    """Tell whether the head came to its end; of the body, the length then tells."""
    return "content-length" in answer.headers
