import hashlib
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from fieldapp.identity.permissions import Role
from tests.exporting.plots import V1, plot_xml, send
from tests.exporting.reading import (
    FORMATS,
    ask,
    export,
    lines,
    log_of,
    table,
    tables,
)
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    SEMEDO,
    Headers,
    auth_headers,
    make_grant,
    make_person,
)

MORNING = datetime(2026, 11, 22, 1, tzinfo=UTC)


def test_csv_has_the_entries_and_linked_tables_of_repeats(
    client: FlaskClient, coordinator: Headers
) -> None:
    send(plot_xml("uuid:one"))
    send(plot_xml("uuid:two", version=V1, extra="<nick>Sri</nick>"))

    found = tables(export(client, coordinator, format="csv"))

    assert [*found] == ["kebun.csv", "kebun-plot.csv", "kebun-plot-tree.csv"]
    entries = found["kebun.csv"]
    assert [row["KEY"] for row in entries] == ["uuid:one", "uuid:two"]
    assert [row["FormVersion"] for row in entries] == ["2026010201", "2026010101"]
    assert [row["member-nick"] for row in entries] == ["", "Sri"]
    assert entries[0]["home-Latitude"] == "-7.43"
    assert entries[0]["Village"] == "Semedo"
    assert entries[0]["Regency"] == "Kabupaten Banyumas"
    assert [row["PARENT_KEY"] for row in found["kebun-plot.csv"]] == [
        *("uuid:one", "uuid:one", "uuid:two", "uuid:two"),
    ]
    trees = found["kebun-plot-tree.csv"]
    assert trees[2]["PARENT_KEY"] == "uuid:one/plot[2]"
    assert trees[2]["KEY"] == "uuid:one/plot[2]/tree[1]"


def test_a_question_that_is_asked_no_more_stands_where_it_stood(
    client: FlaskClient, coordinator: Headers
) -> None:
    (head, *_) = export(client, coordinator, format="csv", table="").splitlines()

    names = head.decode().split(",")
    at = names.index("member-nick")
    assert names[at - 1 : at + 2] == ["member-nik", "member-nick", "member-sex"]
    assert "remark" in names


def test_ndjson_nests_answers_as_the_form_does(
    client: FlaskClient, coordinator: Headers
) -> None:
    send(plot_xml("uuid:one"))

    (line,) = lines(export(client, coordinator, format="ndjson"))

    record = line["record"]
    assert record["member"]["standards"] == ["eu", "nop"]
    assert record["plot"][0]["tree"] == [{"height": 3}, {"height": 5}]
    assert record["plot"][1]["shape"] is None
    assert record["home"]["latitude"] == -7.43
    assert (record["age"], record["remark"]) == (41, None)


def test_labels_are_given_in_the_language_that_is_asked_for(
    client: FlaskClient, coordinator: Headers
) -> None:
    send(plot_xml("uuid:one"))

    by_language = {
        language: table(
            export(
                client,
                coordinator,
                format="csv",
                table="",
                labels=language,
                split="true",
            )
        )[0]
        for language in ("id", "en")
    }

    assert by_language["id"]["Jenis kelamin"] == "Perempuan"
    assert by_language["en"]["Sex"] == "Female"
    assert by_language["id"]["Standar"] == "Eropa, Amerika"
    assert by_language["en"]["Standards/Europe"] == "1"


def test_a_spreadsheet_runs_no_answer(
    client: FlaskClient, coordinator: Headers
) -> None:
    evil = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "＝1", '=HYPERLINK("http://x")']
    for number, note in enumerate([*evil, "-5", "+6281234", "1e5"]):
        escaped = note.replace('"', "&quot;")
        send(plot_xml(f"uuid:{number}", note=escaped))

    rows = table(export(client, coordinator, format="csv", table=""))

    notes = [row["member-note"] for row in rows]
    assert notes == [*(f"'{each}" for each in evil), "-5", "+6281234", "1e5"]
    assert {row["home-Latitude"] for row in rows} == {"-7.43"}


def test_what_one_may_not_read_is_masked_in_every_format(
    client: FlaskClient, auditor: Headers
) -> None:
    send(plot_xml("uuid:one", note="catatan"))

    for name in FORMATS:
        content = export(client, auditor, format=name)
        for secret in (b"Lestari", b"330216410774", b"74.3"):
            assert secret not in content, name
    (row,) = table(export(client, auditor, format="csv", table=""))
    assert row["member-farmer"] == "S. L."
    assert row["member-nik"] == "************0001"
    assert (row["home-Latitude"], row["home-Accuracy"]) == ("-7.43", "0")


def test_a_purpose_masks_for_who_reads_all(
    client: FlaskClient, coordinator: Headers
) -> None:
    send(plot_xml("uuid:one"))

    whole, masked = (
        lines(export(client, coordinator, format="ndjson", **query))[0]["record"]
        for query in ({}, {"purpose": "audit"})
    )

    assert whole["member"]["nik"] == "3302164107740001"
    assert masked["member"]["nik"] == "************0001"
    (first, second) = log_of("export-begun")
    assert first["detail"]["clearance"] == "full"
    assert second["detail"]["clearance"] == "audit"


def test_who_audits_one_village_and_coordinates_another_reads_both_masked(
    client: FlaskClient, coordinator: Headers
) -> None:
    assert coordinator
    person = make_person(Role.COORDINATOR, BUMISARI)
    make_grant(person, Role.AUDITOR, SEMEDO)
    send(plot_xml("uuid:one"))

    (line,) = lines(export(client, auth_headers(person), format="ndjson"))

    assert line["record"]["member"]["farmer"] == "S. L."


def test_the_log_tells_what_was_asked_and_what_was_given(
    client: FlaskClient, coordinator: Headers
) -> None:
    send(plot_xml("uuid:one"))

    content = export(client, coordinator, format="csv", area=SEMEDO, state="received")

    (begun,), (ended,) = log_of("export-begun"), log_of("export-ended")
    assert begun["subject"] == ended["subject"]
    assert begun["detail"]["entries"] == 1
    assert begun["detail"]["filter"] == {
        "area": SEMEDO,
        "from": None,
        "state": "received",
        "to": None,
    }
    assert ended["detail"] == {"bytes": len(content), "entries": 1, "is_whole": True}
    assert ended["digests"]["file"] == hashlib.sha256(content).hexdigest()


def test_what_has_not_changed_is_not_sent_again(
    client: FlaskClient, coordinator: Headers
) -> None:
    send(plot_xml("uuid:one"))
    tag = ask(client, coordinator, format="ndjson").headers["ETag"]
    asked_again = {**coordinator, "If-None-Match": tag}

    same = ask(client, asked_again, format="ndjson")
    other_format = ask(client, asked_again, format="csv")
    send(plot_xml("uuid:two"))
    after = ask(client, asked_again, format="ndjson")

    assert (same.status_code, same.data) == (304, b"")
    assert other_format.status_code == 200
    assert after.status_code == 200
    assert len(log_of("export-begun")) == 3


def test_a_cut_off_export_is_continued_behind_the_last_key(
    client: FlaskClient, coordinator: Headers
) -> None:
    for number in range(5):
        send(plot_xml(f"uuid:{number}"), received_at=MORNING)
    first = ask(client, coordinator, format="ndjson")
    whole = lines(first.data)
    again = {**coordinator, "If-Match": first.headers["ETag"]}

    rest = ask(client, again, format="ndjson", after=whole[1]["KEY"])
    rows = export(client, coordinator, format="csv", table="", after=whole[1]["KEY"])
    send(plot_xml("uuid:new"))
    changed = ask(client, again, format="ndjson", after=whole[1]["KEY"])

    assert lines(rest.data) == whole[2:]
    assert first.headers["X-Entry-Count"] == rest.headers["X-Entry-Count"] == "5"
    assert [row["KEY"] for row in table(rows)] == ["uuid:2", "uuid:3", "uuid:4"]
    assert changed.status_code == 412


@pytest.mark.parametrize(
    "query",
    [
        {"format": "csv", "after": "uuid:1"},
        {"format": "xlsx", "after": "uuid:1"},
        {"format": "ndjson", "after": "uuid:nowhere"},
        {"format": "csv", "table": "nothing"},
        {"format": "ods"},
        {"format": "csv", "purpose": "full"},
        {"format": "csv", "area": "3302162007"},
        {"format": "csv", "village": SEMEDO},
    ],
)
def test_what_cannot_be_is_refused(
    client: FlaskClient, coordinator: Headers, query: dict[str, str]
) -> None:
    response = ask(client, coordinator, **query)

    assert response.status_code == 422
    assert response.get_json()["errors"]
    assert log_of("export-begun") == []


def test_filters_by_state_and_time_narrow_an_export(
    client: FlaskClient, coordinator: Headers
) -> None:
    send(plot_xml("uuid:one"), received_at=MORNING)
    later = MORNING.replace(hour=5)
    send(plot_xml("uuid:two"), received_at=later)

    def keys(**query: str) -> list[str]:
        found = lines(export(client, coordinator, format="ndjson", **query))
        return [line["KEY"] for line in found]

    assert keys(from_=later.isoformat()) == ["uuid:two"]
    assert keys(to=later.isoformat()) == ["uuid:one"]
    assert keys(state="approved") == []


def test_an_area_partly_outside_ones_rights_is_refused_by_name(
    client: FlaskClient, coordinator: Headers
) -> None:
    send(plot_xml("uuid:one"))

    response = ask(client, coordinator, format="csv", area=BANYUMAS)

    assert response.status_code == 403
    assert response.get_json()["type"] == "/problems/area-partly-outside"
    assert response.get_json()["areas"] == [SEMEDO]


@pytest.mark.parametrize("name", FORMATS)
def test_a_viewer_of_one_area_learns_nothing_of_another(
    client: FlaskClient, coordinator: Headers, name: str
) -> None:
    assert coordinator
    stranger = auth_headers(make_person(Role.AUDITOR, BUMISARI))
    before = ask(client, stranger, format=name, labels="id")
    tag = before.headers["ETag"]
    send(plot_xml("uuid:secret"))

    direct = ask(client, stranger, format=name, area=SEMEDO)
    above = ask(client, stranger, format=name, area="33")
    own = ask(client, stranger, format=name, labels="id")
    continued = ask(client, stranger, format="ndjson", after="uuid:secret")

    assert direct.status_code == 404
    assert above.status_code == 403
    assert SEMEDO not in above.text
    assert own.headers["ETag"] == tag
    assert b"secret" not in own.data
    assert continued.status_code == 422
