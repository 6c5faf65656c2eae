from collections.abc import Callable, Iterable
from io import BytesIO
from threading import Event, Thread
from typing import Any

import pytest

from fieldapp.serving import THREADS, BufferedUploads, Environ

MAX = 1024 * 1024


class Upload(BytesIO):
    """A body on a bad network: it ends when the test lets it."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.may_end = Event()

    def read(self, size: int | None = -1) -> bytes:
        self.may_end.wait(10)
        return super().read(size)


def echo(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


def post(server: BufferedUploads, body: BytesIO, length: int) -> bytes:
    environ: Environ = {"CONTENT_LENGTH": str(length), "wsgi.input": body}
    return b"".join(server(environ, lambda *_: None))


@pytest.mark.parametrize("size", [1, 1000, 300_000, MAX])
def test_body_arrives_whole(size: int) -> None:
    server = BufferedUploads(echo, max_bytes=MAX, places=1)
    body = bytes(number % 251 for number in range(size))

    assert post(server, BytesIO(body + b"the next request"), size) == body


def test_body_that_is_cut_off_reaches_the_application_as_far_as_it_came() -> None:
    server = BufferedUploads(echo, max_bytes=MAX, places=1)

    assert post(server, BytesIO(b"<data><name>Si"), 4000) == b"<data><name>Si"


def test_body_above_the_limit_is_not_received() -> None:
    def refuse(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("413 Request Entity Too Large", [])
        return [str(environ["wsgi.input"].tell()).encode()]

    server = BufferedUploads(refuse, max_bytes=MAX, places=1)

    assert post(server, BytesIO(b"x" * 100), MAX + 1) == b"0"


def test_stalled_uploads_take_no_place_from_others() -> None:
    server = BufferedUploads(echo, max_bytes=MAX, places=1)
    stalled = [Upload(b"slow") for _ in range(THREADS * 2)]
    answers: list[bytes] = []
    threads = [
        Thread(target=lambda body=body: answers.append(post(server, body, 4)))
        for body in stalled
    ]
    for thread in threads:
        thread.start()

    assert post(server, BytesIO(b"fast"), 4) == b"fast"
    assert answers == []

    for body in stalled:
        body.may_end.set()
    for thread in threads:
        thread.join(10)
    assert answers == [b"slow"] * len(stalled)


def test_place_is_given_back_when_the_application_fails() -> None:
    def fail(_environ: Environ, _start: Callable[..., Any]) -> Iterable[bytes]:
        raise RuntimeError("broken")

    server = BufferedUploads(fail, max_bytes=MAX, places=1)

    for _ in range(3):
        with pytest.raises(RuntimeError):
            post(server, BytesIO(b"body"), 4)
