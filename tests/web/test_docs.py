import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from fieldapp.openapi import OPEN_OPERATIONS, PARAMETER

Document = dict[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def document(client: FlaskClient) -> Document:
    read: Document = json.loads(client.get("/api/v1/openapi.json").data)
    return read


def test_openapi_document_is_valid(
    document: Document,
) -> None:
    validate(document)

    assert document["openapi"] == "3.0.3"


def test_every_address_of_the_api_is_in_the_document(
    app: Flask, document: Document
) -> None:
    rules = {
        PARAMETER.sub(r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "openapi_document"
    }

    assert rules == set(document["paths"])


def test_every_operation_says_what_it_does(
    document: Document,
) -> None:
    silent = [
        f"{method} {path}"
        for path, operations in document["paths"].items()
        for method in METHODS
        if method in operations and not operations[method].get("summary")
    ]

    assert silent == []


def test_only_the_operations_that_say_so_answer_without_a_token(
    client: FlaskClient, document: Document
) -> None:
    open_operations = []
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method not in operations:
                continue
            is_open = operations[method].get("security") == []
            numbered = path.replace("{change_id}", "1")
            address = re.sub(
                r"\{[^}]+\}", "00000000-0000-4000-8000-000000000000", numbered
            )
            response = client.open(address, method=method, json={})
            assert (response.status_code != 401) == is_open, f"{method} {path}"
            open_operations += [path] if is_open else []

    assert len(open_operations) == len(OPEN_OPERATIONS)


def test_errors_are_described_as_problem_details(
    document: Document,
) -> None:
    responses = document["components"]["responses"]

    assert "application/problem+json" in json.dumps(responses)
    assert '"code"' not in json.dumps(document["components"]["schemas"].get("Error"))


def test_browser_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/docs")

    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded
    for address in loaded:
        assert address.startswith("/docs/")
        with client.get(address) as file:
            assert file.status_code == 200
    start = client.get("/docs/start.js").text
    assert "/api/v1/openapi.json" in start
    assert "http" not in start


@pytest.mark.parametrize(
    "name",
    ["index.html", "../../__init__.py", "%2e%2e/__init__.py", "swagger-ui.js.map"],
)
def test_browser_gives_no_other_file(client: FlaskClient, name: str) -> None:
    assert client.get(f"/docs/{name}").status_code == 404


def test_address_of_a_problem_explains_it(client: FlaskClient) -> None:
    response = client.get("/problems/invalid-request")

    assert response.status_code == 200
    assert "Permintaan tidak sah" in response.text
    assert client.get("/problems/no-such-problem").status_code == 404
