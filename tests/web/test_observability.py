import json
import logging
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from fieldapp.config import Config
from fieldapp.web import health, observability
from fieldapp.web.health import run_checks
from fieldapp.web.observability import JsonFormatter

SECRET = "a secret of the tests, long enough to be taken"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.handler.setFormatter(JsonFormatter())
    return caplog


def last_line(lines: pytest.LogCaptureFixture) -> dict[str, object]:
    written: dict[str, object] = json.loads(lines.text.splitlines()[-1])
    return written


def test_request_id_of_the_client_is_kept(client: FlaskClient) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": "trace-0123456789"})

    assert response.headers["X-Request-ID"] == "trace-0123456789"


@pytest.mark.parametrize(
    "given", ["", "short", "a b c d e f g h", "x" * 65, "a\u00e9" * 8]
)
def test_request_id_that_is_not_sane_is_replaced(
    client: FlaskClient, given: str
) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": given})

    assert len(response.headers["X-Request-ID"]) == 32


def test_each_request_is_one_line_of_json(
    client: FlaskClient, lines: pytest.LogCaptureFixture
) -> None:
    client.get("/api/v1/openapi.json", headers={"X-Request-ID": "trace-0123456789"})

    line = last_line(lines)
    assert line["path"] == "/api/v1/openapi.json"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["request_id"] == "trace-0123456789"


def test_log_holds_neither_token_nor_query(
    client: FlaskClient, lines: pytest.LogCaptureFixture
) -> None:
    client.get("/v1/key/abcdefghijklmnopqrstuvwxyz234567/formList?deviceID=collect:1")
    client.get("/v1/draft/abcdefghijklmnopqrstuvwxyz234567/formList")
    client.get("/v1/edit/abcdefghijklmnopqrstuvwxyz234567/entry/files/a.jpg")
    client.get("/api/v1/areas?q=Siti+Aminah")

    assert "abcdefghijklmnop" not in lines.text
    assert "/v1/key/***/formList" in lines.text
    assert "Siti" not in lines.text
    assert "collect:1" not in lines.text


def test_mistake_is_logged_by_kind_and_place_without_its_words(
    app: Flask, lines: pytest.LogCaptureFixture
) -> None:
    try:
        int("NIK 3302161234567890")
    except ValueError:
        app.logger.exception("Exception on /v1/key/abcdefgh/submission [POST]")

    line = last_line(lines)
    assert line["exception"] == "builtins.ValueError"
    assert "test_observability.py" in str(line["stack"])
    assert "3302161234567890" not in lines.text
    assert "abcdefgh" not in lines.text


def test_probes_are_not_logged(
    client: FlaskClient, lines: pytest.LogCaptureFixture
) -> None:
    client.get("/healthz")

    assert lines.text == ""


def test_server_on_a_migrated_database_is_ready(client: FlaskClient) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.get_json()["status"] == "ready"


def test_server_that_cannot_write_is_not_ready(
    app: Flask, client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(
        database_url="postgresql:///", secret_key=SECRET, data_dir=tmp_path / "gone"
    )
    monkeypatch.setitem(app.config, "FIELDAPP", config)

    response = client.get("/readyz")

    assert response.status_code == 503
    failed = {
        check["name"] for check in response.get_json()["checks"] if not check["is_ok"]
    }
    assert failed == {"data_dir", "disk_space"}


@pytest.mark.usefixtures("app")
def test_full_disk_is_told_before_it_loses_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(database_url="postgresql:///", secret_key=SECRET, data_dir=tmp_path)
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 2**60)

    failed = [check.remedy for check in run_checks(config) if not check.is_ok]

    assert failed == ["Make room: 512 MiB must stay free."]


def test_lines_are_written_once_and_as_json(app: Flask) -> None:
    formatters = [handler.formatter for handler in app.logger.handlers]

    own = [each for each in formatters if type(each).__module__ != "_pytest.logging"]
    assert [type(each) for each in own] == [JsonFormatter]


def test_log_level_is_the_settings(app: Flask) -> None:
    assert app.logger.level == logging.INFO


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_forwarded_headers_are_believed_of_our_own_proxy_only(
    tmp_path: Path, proxies: int, address: str
) -> None:
    app = Flask("proxied")
    app.config["FIELDAPP"] = Config(
        database_url="postgresql:///",
        secret_key=SECRET,
        data_dir=tmp_path,
        trusted_proxies=proxies,
    )
    observability.install(app)
    app.add_url_rule("/who", view_func=lambda: f"{request.remote_addr}")

    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    response = app.test_client().get("/who", headers=headers)

    assert response.text == address
