"""The feed of the plots form."""

import pytest
from flask.testing import FlaskClient

from fieldapp.identity.permissions import Role
from tests.exporting.plots import publish_plots
from tests.factories import Headers, auth_headers, make_person


@pytest.fixture
def coordinator(client: FlaskClient) -> Headers:
    """Who reads all of Semedo as it came."""
    assert client
    publish_plots()
    return auth_headers(make_person(Role.COORDINATOR))
