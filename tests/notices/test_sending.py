import base64
import hashlib
import hmac
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from fieldapp.config import AllowedTargets
from fieldapp.notices import sending
from fieldapp.notices.models import TryError
from fieldapp.notices.sending import Message, TryResult, send, shown_secret
from tests.notices.certificates import make_certificate, server_context
from tests.notices.conftest import LOOPBACK
from tests.notices.receiver import receiver

NOW = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
MESSAGE = Message("msg_1", b'{"type":"entry.received"}', b"k" * 32)


def send_to(url: str, allowed: AllowedTargets = LOOPBACK) -> TryResult:
    return send(url, MESSAGE, allowed=allowed, at=NOW)


@contextmanager
def raw_server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve one connection with whatever bytes a test likes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                wire, _ = listening.accept()
                with wire:
                    answer(wire)

        thread = Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/kait"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_signature_is_that_of_standard_webhooks() -> None:
    with receiver() as here:
        assert send_to(f"{here.url}?a=b").is_success

    (received,) = here.received
    headers = received.headers
    assert received.path == "/kait?a=b"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == "msg_1"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    signed = f"msg_1.{headers['webhook-timestamp']}.".encode() + received.body
    version, _, signature = headers["webhook-signature"].partition(",")
    secret = base64.b64decode(shown_secret(MESSAGE.secret).removeprefix("whsec_"))
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    assert (version, base64.b64decode(signature)) == ("v1", digest)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_success(status: int) -> None:
    with receiver() as here:
        here.answers = [status]
        assert send_to(here.url) == TryResult(status, None)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 410, 500, 503])
def test_every_other_status_is_failure(status: int) -> None:
    with receiver() as here:
        here.answers = [status]
        assert send_to(here.url) == TryResult(status, TryError.STATUS)


def test_redirects_are_not_followed() -> None:
    with receiver() as elsewhere, receiver() as here:
        here.answers, here.location = [307], elsewhere.url
        assert send_to(here.url).status == 307

    assert elsewhere.received == []


def test_proxies_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiver() as proxy, receiver() as here:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert send_to(here.url).is_success

    assert proxy.received == []


def test_a_private_target_is_not_connected_to() -> None:
    with receiver() as here:
        result = send_to(here.url, AllowedTargets())

    assert result == TryResult(None, TryError.TARGET_REFUSED)
    assert here.received == []


def test_a_name_is_looked_up_once_and_its_checked_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rebinding: a name that is public when it is checked, and private right after."""
    answers = ["93.184.215.14", "127.0.0.1"]
    asked: list[str] = []
    connected: list[tuple[str, int]] = []

    def look_up(host: str, port: int, **_: object) -> list[object]:
        asked.append(host)
        return [(0, 0, 0, "", (answers[len(asked) - 1], port))]

    def connect(_wire: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", connect)

    first = send_to("https://berubah.example/", AllowedTargets())
    second = send_to("https://berubah.example/", AllowedTargets())
    assert first.error is TryError.CONNECTION
    assert second.error is TryError.TARGET_REFUSED
    assert asked == ["berubah.example"] * 2
    assert connected == [("93.184.215.14", 443)]


def test_who_does_not_listen_is_told_apart_from_who_is_not_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    assert send_to(f"http://127.0.0.1:{port}/").error is TryError.CONNECTION
    assert send_to("https://tidak-ada.invalid/").error is TryError.UNKNOWN_HOST


def test_a_receiver_without_tls_is_not_spoken_to_in_the_clear() -> None:
    with raw_server(lambda wire: wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")) as url:
        result = send_to(url.replace("http:", "https:"))

    assert result == TryResult(None, TryError.TLS)


@pytest.mark.parametrize(
    ("asked", "trusts", "result"),
    [
        ("kait.example", True, TryResult(204, None)),
        ("lain.example", True, TryResult(None, TryError.TLS)),
        ("kait.example", False, TryResult(None, TryError.TLS)),
    ],
)
def test_a_receiver_must_prove_to_have_the_name_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    asked: str,
    result: TryResult,
    *,
    trusts: bool,
) -> None:
    certificate = make_certificate(tmp_path, "kait.example")
    trusted = ssl.create_default_context()
    if trusts:
        trusted.load_verify_locations(certificate)
    monkeypatch.setattr(sending, "_tls", lambda: trusted)

    def look_up(_host: str, port: int, **_: object) -> list[object]:
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    with receiver(server_context(certificate)) as here:
        port = here.url.split(":")[2]
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        assert send_to(f"https://{asked}:{port}") == result

    assert len(here.received) == int(result.is_success)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 x y\r\n"])
def test_what_is_no_http_is_no_success(answer: bytes) -> None:
    def reply(wire: socket.socket) -> None:
        wire.recv(65536)
        wire.sendall(answer)

    with raw_server(reply) as url:
        result = send_to(url)

    assert result.status is None
    assert result.error in {TryError.ANSWER, TryError.CONNECTION}


def test_a_slow_receiver_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.3)
    with receiver() as here:
        here.seconds = 1
        assert send_to(here.url) == TryResult(None, TryError.TIMEOUT)


def test_a_receiver_that_answers_byte_by_byte_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def drip(wire: socket.socket) -> None:
        for _ in range(100):
            wire.sendall(b"H")
            time.sleep(0.1)

    monkeypatch.setattr(sending, "SECONDS", 0.5)
    began_at = time.monotonic()
    with raw_server(drip) as url:
        result = send_to(url)

    assert result.error is TryError.TIMEOUT
    assert time.monotonic() - began_at < 5


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: ", b""]
)
def test_an_endless_answer_is_not_read(head: bytes) -> None:
    sent = 0

    def pour(wire: socket.socket) -> None:
        nonlocal sent
        wire.recv(65536)
        wire.sendall(head)
        while True:
            sent += wire.send(b"x" * 65536)

    began_at = time.monotonic()
    with raw_server(pour) as url:
        result = send_to(url)

    assert result.is_success is head.startswith(b"HTTP/1.1 200")
    assert time.monotonic() - began_at < 5
    assert sent < 20_000_000
