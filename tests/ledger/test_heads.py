"""All heads under one signature: an outsider keeps them, and proves a rewrite."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import text

from fieldapp.extensions import db
from fieldapp.identity.permissions import Role
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.commands import publish_heads, show_key
from fieldapp.ledger.heads import heads_publisher
from fieldapp.ledger.service import append_deeds
from fieldapp.ledger.signing import ledger_key, public_text
from fieldapp.ledger.verify import main
from fieldapp.web.clock import now
from tests.dossier.tampering import chained
from tests.factories import BUMISARI, SEMEDO, auth_headers, make_area, make_person


@pytest.fixture(autouse=True)
def logs(app: Flask) -> Iterator[None]:
    assert app
    make_area(SEMEDO)
    make_area(BUMISARI)
    heads_publisher.forget()
    for _ in range(3):
        write(SEMEDO)
    write(BUMISARI)
    yield
    heads_publisher.forget()


def write(area_code: str) -> None:
    append_deeds([Deed(area_code, "comment", "x", "y", {}, {})], at=now())
    db.session.commit()


def log_of(client: FlaskClient, code: str = SEMEDO) -> bytes:
    headers = auth_headers(make_person(Role.AUDITOR, "33"))
    answer = client.get(f"/api/v1/areas/{code}/log", headers=headers, buffered=True)
    return bytes(answer.data)


@pytest.fixture
def trusted(app: Flask) -> str:
    return public_text(ledger_key(app.config["FIELDAPP"].ledger_key_file))


@pytest.fixture
def kept(client: FlaskClient, tmp_path: Path) -> Path:
    """The list as an outsider keeps it."""
    path = tmp_path / "heads.txt"
    path.write_bytes(client.get("/api/v1/heads").data)
    return path


def test_the_list_names_no_place_and_no_number(client: FlaskClient) -> None:
    first, *digests = client.get("/api/v1/heads").text.splitlines()

    assert set(json.loads(first)["head"]) == {"at", "format", "heads"}
    assert len(digests) == 2
    assert digests == sorted(digests)
    assert all(len(each) == 64 for each in digests)


def test_who_has_the_list_is_told_that_it_is_the_same(client: FlaskClient) -> None:
    tag = client.get("/api/v1/heads").headers["ETag"]

    assert (
        client.get("/api/v1/heads", headers={"If-None-Match": tag}).status_code == 304
    )
    write(SEMEDO)
    heads_publisher.forget()
    changed = client.get("/api/v1/heads", headers={"If-None-Match": tag})
    assert changed.status_code == 200


def test_a_log_that_went_on_fits_the_list(
    client: FlaskClient, kept: Path, trusted: str, tmp_path: Path
) -> None:
    write(SEMEDO)
    log = tmp_path / "log.ndjson"
    log.write_bytes(log_of(client))

    assert main([str(log), "--key", trusted, "--head", str(kept)]) == 0


def test_a_rewritten_or_shortened_log_does_not(
    client: FlaskClient,
    kept: Path,
    trusted: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = log_of(client).splitlines(keepends=True)
    entries = [json.loads(line)["entry"] for line in lines[1:-1]]
    key = ledger_key(current_app.config["FIELDAPP"].ledger_key_file)
    rewritten = [{**entries[0], "actor": "nobody"}, *entries[1:]]

    for forged in (rewritten, entries[:2]):
        log = tmp_path / "log.ndjson"
        log.write_bytes(chained(lines[0], forged, key))
        assert main([str(log), "--key", trusted]) == 0
        assert main([str(log), "--key", trusted, "--head", str(kept)]) == 1
        assert "[not-listed]" in capsys.readouterr().out


def test_a_changed_list_is_refused(
    client: FlaskClient, kept: Path, trusted: str, tmp_path: Path
) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes(log_of(client))
    lines = kept.read_bytes().splitlines(keepends=True)
    kept.write_bytes(b"".join([*lines[:-1], b"0" * 64 + b"\n"]))

    assert main([str(log), "--key", trusted, "--head", str(kept)]) == 2


def test_a_head_and_an_older_log_are_kept_as_well(
    client: FlaskClient, trusted: str, tmp_path: Path
) -> None:
    headers = auth_headers(make_person(Role.AUDITOR, SEMEDO))
    answer = client.get(f"/api/v1/areas/{SEMEDO}/log/head", headers=headers)
    (tmp_path / "head.json").write_bytes(answer.data)
    (tmp_path / "older.ndjson").write_bytes(log_of(client))
    write(SEMEDO)
    (tmp_path / "log.ndjson").write_bytes(log_of(client))
    (tmp_path / "other.ndjson").write_bytes(log_of(client, BUMISARI))

    def proves(name: str, seen: str) -> int:
        seen_at = str(tmp_path / seen)
        return main([str(tmp_path / name), "--key", trusted, "--head", seen_at])

    assert proves("log.ndjson", "head.json") == 0
    assert proves("log.ndjson", "older.ndjson") == 0
    assert proves("older.ndjson", "log.ndjson") == 1
    assert proves("other.ndjson", "older.ndjson") == 1


def test_an_entry_rewritten_in_the_database_is_found_by_who_kept_a_list(
    client: FlaskClient, kept: Path, trusted: str, tmp_path: Path
) -> None:
    """By somebody with every password, who also makes the digests fit again."""
    forge = """
        update ledger_entry set body = %s, digest = sha256(%s)
        where area_code = %s and position = %s
    """
    previous = "0" * 64
    driver = db.session.connection().connection.driver_connection
    rows = db.session.execute(
        text(
            "select position, body from ledger_entry where area_code = :code order by 1"
        ),
        {"code": SEMEDO},
    ).all()
    assert driver is not None
    for position, body in rows:
        entry = {**json.loads(body), "previous": previous, "actor": "forged"}
        written = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
        driver.execute(forge, (written, written, SEMEDO, position))
        previous = driver.execute(
            "select encode(sha256(%s), 'hex')", (written,)
        ).fetchone()[0]
    driver.execute(
        "update ledger_head set digest = decode(%s, 'hex') where area_code = %s",
        (previous, SEMEDO),
    )
    db.session.commit()
    log = tmp_path / "log.ndjson"
    log.write_bytes(log_of(client))

    assert main([str(log), "--key", trusted]) == 0
    assert main([str(log), "--key", trusted, "--head", str(kept)]) == 1


def test_the_command_line_publishes_the_same(
    app: Flask, client: FlaskClient, tmp_path: Path, trusted: str
) -> None:
    runner = app.test_cli_runner()
    ran = runner.invoke(publish_heads, [str(tmp_path / "heads.txt")])

    assert ran.exit_code == 0, ran.output
    written = (tmp_path / "heads.txt").read_text().splitlines()
    assert written[1:] == client.get("/api/v1/heads").text.splitlines()[1:]
    assert runner.invoke(show_key).output == f"{trusted}\n"
