import csv
import io
import json
import zipfile

import pytest
from flask.testing import FlaskClient

from fieldapp.identity.permissions import Role
from tests.exporting.plots import V1, plot_xml, publish_plots, send
from tests.factories import Headers, auth_headers, make_person

URL = "/api/v1/forms/kebun/export"


@pytest.fixture
def auditor(client: FlaskClient) -> Headers:
    assert client
    publish_plots()
    return auth_headers(make_person(Role.COORDINATOR))


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_csv_has_the_entries_and_linked_tables_of_repeats(
    client: FlaskClient, auditor: Headers
) -> None:
    send(plot_xml("uuid:one"))
    send(plot_xml("uuid:two", version=V1, extra="<nick>Sri</nick>"))

    response = client.get(URL, query_string={"format": "csv"}, headers=auditor)

    assert response.status_code == 200, response.text
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        names = archive.namelist()
        tables = {name: rows_of(archive.read(name)) for name in names}
    assert names == ["kebun.csv", "kebun-plot.csv", "kebun-plot-tree.csv"]
    entries = tables["kebun.csv"]
    assert [row["KEY"] for row in entries] == ["uuid:one", "uuid:two"]
    assert entries[1]["member-nick"] == "Sri"
    assert entries[0]["home-Latitude"] == "-7.43"
    assert entries[0]["Village"] == "Semedo"
    assert entries[0]["Regency"] == "Kabupaten Banyumas"
    assert [row["PARENT_KEY"] for row in tables["kebun-plot.csv"]] == [
        *("uuid:one", "uuid:one", "uuid:two", "uuid:two"),
    ]
    trees = tables["kebun-plot-tree.csv"]
    assert trees[2]["PARENT_KEY"] == "uuid:one/plot[2]"
    assert trees[2]["KEY"] == "uuid:one/plot[2]/tree[1]"


def test_ndjson_nests_answers_as_the_form_does(
    client: FlaskClient, auditor: Headers
) -> None:
    send(plot_xml("uuid:one"))

    response = client.get(URL, query_string={"format": "ndjson"}, headers=auditor)

    (line,) = response.data.splitlines()
    record = json.loads(line)["record"]
    assert record["member"]["standards"] == ["eu", "nop"]
    assert record["plot"][0]["tree"] == [{"height": 3}, {"height": 5}]
    assert record["plot"][1]["shape"] is None
    assert record["age"] == 41
    assert record["remark"] is None
