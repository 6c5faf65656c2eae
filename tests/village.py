"""A village with its form, its facilitator and its coordinator, for conftests."""

import pytest
from flask import Flask

from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from tests.entries import publish_small_form
from tests.factories import BANYUMAS, BUMISARI, SEMEDO, make_area, make_person


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
