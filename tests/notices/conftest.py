"""A receiver on this machine, which the operator allows, and a clock to move."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network

import pytest
from flask import Flask

from fieldapp.config import AllowedTargets
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.web import clock
from tests.entries import publish_small_form
from tests.factories import BANYUMAS, BUMISARI, SEMEDO, make_area, make_person
from tests.notices.receiver import Receiver, receiver

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


@pytest.fixture
def village(app: Flask) -> str:
    """Semedo, whose facilitators fill in the small form."""
    assert app
    make_area(BUMISARI)
    publish_small_form()
    return SEMEDO


@pytest.fixture
def facilitator(village: str) -> User:
    """Who collects in the village."""
    return make_person(Role.FACILITATOR, village)


@pytest.fixture
def coordinator(village: str) -> User:
    """Who decides in the regency of the village."""
    assert village
    return make_person(Role.COORDINATOR, BANYUMAS)
