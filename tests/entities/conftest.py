"""A village whose facilitator registers farmers."""

import pytest
from flask.testing import FlaskClient

from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from tests.entities.registering import publish_forms
from tests.factories import BANYUMAS, BUMISARI, SEMEDO, make_area, make_person
from tests.openrosa.phone import Phone, make_phone


@pytest.fixture
def siti(client: FlaskClient) -> User:
    """Who collects in Semedo."""
    assert client
    make_area(BUMISARI)
    make_area(SEMEDO)
    publish_forms()
    return make_person(Role.FACILITATOR, SEMEDO)


@pytest.fixture
def phone(client: FlaskClient, siti: User) -> Phone:
    """Her phone."""
    return make_phone(client, siti)


@pytest.fixture
def coordinator(siti: User) -> User:
    """Who decides in the regency."""
    assert siti
    return make_person(Role.COORDINATOR, BANYUMAS)
