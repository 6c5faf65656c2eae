"""One installation for all tests of this folder, removed at the end."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest

from fieldapp import create_app, embedded
from fieldapp.config import from_env
from fieldapp.extensions import db
from fieldapp.forms.publishing import publish_folder
from fieldapp.forms.queries import forget_versions
from fieldapp.identity.permissions import Role
from fieldapp.places.queries import forget_areas
from fieldapp.web.health import MIGRATIONS
from tests.e2e.entries import DATA
from tests.e2e.installation import (
    ROOT,
    Installation,
    free_port,
    settings,
    start_postgres,
)
from tests.e2e.wire import Phone, Reader
from tests.enketo.standin import Enketo, enketo_server
from tests.factories import make_area, make_device, make_grant, make_user

COUNTRY = "ID"
VILLAGE = re.compile(rb"<village>([0-9.]+)</village>")


@pytest.fixture(scope="session")
def enketo() -> Iterator[Enketo]:
    """A stand-in for the operator's Enketo."""
    with enketo_server() as enketo:
        yield enketo


@pytest.fixture(scope="session")
def place(enketo: Enketo) -> Iterator[Installation]:
    """The installation: tables, areas, forms; its server is running."""
    folder = Path(tempfile.mkdtemp(prefix="fieldapp-e2e-"))
    folder.chmod(0o755)
    (folder / "data").mkdir()
    try:
        database_url = start_postgres(folder / "postgres")
        environ = settings(folder, database_url, enketo.url)
        # The level of the log is the whole process's: other tests read it.
        app = create_app(from_env({**environ, "FIELDAPP_LOG_LEVEL": "INFO"}))
        forget()
        with app.app_context():
            flask_migrate.upgrade(str(MIGRATIONS))
            make_area(COUNTRY)
            for code in villages():
                make_area(code)
            list(publish_folder(ROOT / "forms"))
            db.session.commit()
        place = Installation(folder, free_port(), environ, app)
        place.start()
        yield place
        place.stop()
        place.close()
    finally:
        forget()
        embedded.stop(folder / "postgres")
        shutil.rmtree(folder)


@pytest.fixture
def phone(place: Installation) -> Phone:
    """A facilitator's phone, set up for all villages of the test data."""
    with place.app.app_context():
        user = make_user()
        for code in villages():
            make_grant(user, Role.FACILITATOR, code)
        _, token = make_device(user)
        db.session.remove()
    return Phone(place.port, token)


@pytest.fixture
def coordinator(place: Installation) -> Reader:
    """A coordinator of the whole country, signed in."""
    return sign_in(place, Role.COORDINATOR, COUNTRY)


def sign_in(place: Installation, role: Role, area_code: str) -> Reader:
    """Make a person with one role, and sign them in over the wire."""
    with place.app.app_context():
        user = make_user()
        make_grant(user, role, area_code)
        username = user.username
        db.session.remove()
    return Reader.signed_in(place.port, username)


def villages() -> list[str]:
    """List the villages that the test data name."""
    found = {
        code.decode()
        for path in DATA.glob("*/*.xml")
        for code in VILLAGE.findall(path.read_bytes())
    }
    return sorted(found)


def forget() -> None:
    """Forget what this process remembers of another database."""
    forget_versions()
    forget_areas()
