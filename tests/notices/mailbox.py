"""A mail server on this machine, which keeps what it is given."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from fieldapp.config import Mail, MailSecurity


@dataclass
class Mailbox:
    """What came; ``answers`` are given to the next recipients, then 250."""

    mail: Mail
    letters: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - As aiosmtpd calls it.
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - The same.
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mailbox(*, user: str = "", password: str = "") -> Iterator[Mailbox]:
    """Listen until the end of the block."""
    box = Mailbox(Mail(host="", port=0, security=MailSecurity.NONE, sender=""))

    def log_in(_s: Any, _n: Any, _e: Any, _m: Any, data: LoginPassword) -> AuthResult:
        box.logins.append((data.login, data.password))
        return AuthResult(success=data.password == password.encode())

    port = free_port()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        auth_require_tls=False,
        authenticator=log_in,
    )
    controller.start()
    box.mail = Mail(
        host="127.0.0.1",
        port=port,
        security=MailSecurity.NONE,
        sender="Fieldapp <fieldapp@example.org>",
        user=user,
        password=password,
    )
    try:
        yield box
    finally:
        controller.stop()
