"""A receiver on this machine, which the operator allows, and a clock to move."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network

import pytest
from flask import Flask

from fieldapp.config import AllowedTargets
from fieldapp.web import clock
from tests.notices.receiver import Receiver, receiver
from tests.village import coordinator, facilitator, village

__all__ = ["coordinator", "facilitator", "village"]

LOOPBACK = AllowedTargets(networks=(ip_network("127.0.0.0/8"),))


class Clock:
    """A clock that runs, and can be put forward."""

    def __init__(self) -> None:
        self._now = clock.now
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return self._now() + self.ahead


@pytest.fixture
def time_machine(monkeypatch: pytest.MonkeyPatch) -> Clock:
    machine = Clock()
    monkeypatch.setattr(clock, "now", machine)
    return machine


@pytest.fixture
def loopback(application: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let webhooks send to this machine."""
    config = replace(application.config["FIELDAPP"], webhook_allowed=LOOPBACK)
    monkeypatch.setitem(application.config, "FIELDAPP", config)


@pytest.fixture
def here(loopback: None) -> Iterator[Receiver]:
    assert loopback is None
    with receiver() as listening:
        yield listening
