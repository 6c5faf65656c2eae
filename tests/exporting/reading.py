"""Read exports as other programs do."""

import csv
import io
import json
import zipfile
from typing import Any

import orjson
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldapp.extensions import db
from fieldapp.ledger.models import LedgerEntry
from tests.factories import SEMEDO, Headers

URL = "/api/v1/forms/kebun/export"
FORMATS = ("csv", "xlsx", "geojson", "parquet", "ndjson")


def ask(client: FlaskClient, headers: Headers, **query: str) -> TestResponse:
    """Ask for an export; `from_` is `from`."""
    named = {name.rstrip("_"): value for name, value in query.items()}
    return client.get(URL, query_string=named, headers=headers, buffered=True)


def export(client: FlaskClient, headers: Headers, **query: str) -> bytes:
    """Get an export."""
    response = ask(client, headers, **query)
    assert response.status_code == 200, response.text
    content: bytes = response.data
    return content


def table(content: bytes) -> list[dict[str, str]]:
    """Read the rows of a CSV table."""
    return list(csv.DictReader(io.StringIO(content.decode())))


def tables(content: bytes) -> dict[str, list[dict[str, str]]]:
    """Read the tables of a ZIP of CSV."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: table(archive.read(name)) for name in archive.namelist()}


def lines(content: bytes) -> list[dict[str, Any]]:
    """Read NDJSON."""
    return [json.loads(line) for line in content.splitlines()]


def log_of(kind: str, area_code: str = SEMEDO) -> list[dict[str, Any]]:
    """Read what a log says of one kind."""
    statement = (
        select(LedgerEntry.body)
        .where(LedgerEntry.area_code == area_code)
        .order_by(LedgerEntry.position)
    )
    bodies = [orjson.loads(body) for body in db.session.scalars(statement)]
    return [body for body in bodies if body["kind"] == kind]
