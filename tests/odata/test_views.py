import base64
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from lxml import etree

from fieldapp.identity.permissions import Role
from fieldapp.odata import pages
from tests.exporting.plots import plot_xml, send
from tests.exporting.reading import log_of
from tests.factories import (
    BUMISARI,
    PASSWORD,
    SEMEDO,
    Headers,
    auth_headers,
    make_person,
)

URL = "/api/v1/forms/kebun/odata"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


def get(client: FlaskClient, headers: Headers, path: str, **query: str) -> Any:
    named = {f"${name}": value for name, value in query.items()}
    response = client.get(f"{URL}/{path}", query_string=named, headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["OData-Version"] == "4.0"
    return response.get_json()


def test_the_service_names_a_set_for_each_table(
    client: FlaskClient, coordinator: Headers
) -> None:
    document = get(client, coordinator, "")

    names = [each["url"] for each in document["value"]]
    assert names == ["Submissions", "Submissions.plot", "Submissions.plot.tree"]
    assert document["@odata.context"].endswith(f"{URL}/$metadata")


def test_the_types_are_described_as_rows_have_them(
    client: FlaskClient, coordinator: Headers
) -> None:
    send(plot_xml("uuid:one"))

    root = etree.fromstring(client.get(f"{URL}/$metadata", headers=coordinator).data)
    types = {
        kind.get("Name"): {each.get("Name"): each.get("Type") for each in kind}
        for kind in root.iter(f"{EDM}EntityType", f"{EDM}ComplexType")
    }
    (row,) = get(client, coordinator, "Submissions")["value"]

    assert types["Submissions"]["age"] == "Edm.Int64"
    assert types["Submissions"]["home"] == "Edm.GeographyPoint"
    assert types["Submissions"]["member"] == "fieldapp.entries.Submissions_member"
    assert types["Submissions_plot"]["__Submissions-id"] == "Edm.String"
    assert set(row) == {name for name in types["Submissions"] if name}
    assert set(row["__system"]) == set(types["metadata"])
    assert set(row["member"]) == set(types["Submissions_member"])
    assert row["age"] == 41
    assert row["__system"]["areaCode"] == SEMEDO
    assert row["home"]["coordinates"] == [109.24, -7.43, 74.3]


def test_items_of_repeats_are_linked_by_keys(
    client: FlaskClient, coordinator: Headers
) -> None:
    send(plot_xml("uuid:one"))

    plots = get(client, coordinator, "Submissions.plot")["value"]
    trees = get(client, coordinator, "Submissions.plot.tree")["value"]

    assert [each["__Submissions-id"] for each in plots] == ["uuid:one"] * 2
    assert [each["ha"] for each in plots] == [0.45, 1.5]
    assert trees[2]["__Submissions-plot-id"] == plots[1]["__id"]


def test_options_narrow_skip_count_and_select(
    client: FlaskClient, coordinator: Headers
) -> None:
    for number in range(4):
        send(plot_xml(f"uuid:{number}"))

    def keys(table: str = "Submissions", **query: str) -> list[str]:
        return [
            each["__id"] for each in get(client, coordinator, table, **query)["value"]
        ]

    assert keys(top="2") == ["uuid:0", "uuid:1"]
    assert keys(skip="3") == ["uuid:3"]
    assert keys(top="0") == []
    assert keys(filter="__system/reviewState eq 'approved'") == []
    assert len(keys(filter=f"__system/areaCode eq '{SEMEDO}'")) == 4
    assert keys("Submissions.plot", top="2", skip="3") == [
        *("uuid:1/plot[2]", "uuid:2/plot[1]"),
    ]
    counted = get(client, coordinator, "Submissions.plot", count="true", top="1")
    assert (counted["@odata.count"], len(counted["value"])) == (8, 1)
    chosen = get(
        client, coordinator, "Submissions", select="age,__system/reviewState,member/sex"
    )["value"][0]
    assert chosen == {
        "__id": "uuid:0",
        "age": 41,
        "__system": {"reviewState": "received"},
        "member": {"sex": "P"},
    }
    count = client.get(f"{URL}/Submissions/$count", headers=coordinator)
    assert count.text == "4"


@pytest.mark.parametrize(
    ("table", "top", "expected_sizes"),
    [
        ("Submissions", {}, [2, 2, 1]),
        ("Submissions", {"top": "4"}, [3, 1]),
        ("Submissions.plot", {}, [4, 4, 2]),
        ("Submissions.plot", {"top": "9"}, [4, 4, 1]),
    ],
)
def test_links_lead_through_all_pages(
    client: FlaskClient,
    coordinator: Headers,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    top: dict[str, str],
    expected_sizes: list[int],
) -> None:
    for number in range(5):
        send(plot_xml(f"uuid:{number}"))
    whole = get(client, coordinator, table)
    monkeypatch.setattr(pages, "ENTRIES", 2)
    monkeypatch.setattr(pages, "MOST_ROWS", 3)

    page = get(client, coordinator, table, select="__id", **top)
    sizes, found = [], []
    while True:
        sizes.append(len(page["value"]))
        found += page["value"]
        if "@odata.nextLink" not in page:
            break
        link = urlsplit(page["@odata.nextLink"])
        page = client.get(f"{link.path}?{link.query}", headers=coordinator).get_json()

    keys = [{"__id": each["__id"]} for each in whole["value"]]
    assert found == keys[: sum(expected_sizes)]
    assert sizes == expected_sizes
    assert "@odata.nextLink" not in whole


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"$expand": "*"}, 501),
        ({"$orderby": "age"}, 501),
        ({"$apply": "groupby((age))"}, 501),
        ({"$filter": "age eq 41"}, 501),
        ({"other": "1"}, 501),
        ({"$top": "-1"}, 400),
        ({"$top": "9" * 30}, 400),
        ({"$skip": "x"}, 400),
        ({"$count": "maybe"}, 400),
        ({"$select": "nothing"}, 400),
        ({"$select": "__system/nothing"}, 400),
        ({"$skiptoken": "uuid:never"}, 400),
        ({"$skiptoken": "\x00"}, 400),
        ({"$format": "atom"}, 501),
        ({"purpose": "full"}, 400),
    ],
)
def test_what_the_feed_does_not_do_is_refused_in_odatas_words(
    client: FlaskClient, coordinator: Headers, query: dict[str, str], status: int
) -> None:
    response = client.get(f"{URL}/Submissions", query_string=query, headers=coordinator)

    assert response.status_code == status, response.text
    assert response.get_json()["error"]["message"]
    assert log_of("export-page") == []


def test_each_page_enters_the_log(client: FlaskClient, coordinator: Headers) -> None:
    send(plot_xml("uuid:one"))

    words = "__system/reviewState eq 'received'"
    get(client, coordinator, "Submissions", filter=words)

    (deed,) = log_of("export-page")
    assert deed["detail"]["filter"]["odata"] == words
    assert (deed["detail"]["rows"], deed["detail"]["clearance"]) == (1, "full")


def test_an_auditor_reads_the_feed_masked(
    client: FlaskClient, coordinator: Headers
) -> None:
    assert coordinator
    send(plot_xml("uuid:one"))
    auditor = auth_headers(make_person(Role.AUDITOR))

    (row,) = get(client, auditor, "Submissions")["value"]

    assert row["member"]["nik"] == "************0001"
    assert row["home"]["coordinates"][:2] == [109.24, -7.43]
    assert row["home"]["properties"] == {"accuracy": 0.0}


def test_a_viewer_of_one_area_learns_nothing_of_another(
    client: FlaskClient, coordinator: Headers
) -> None:
    assert coordinator
    send(plot_xml("uuid:one"))
    stranger = auth_headers(make_person(Role.AUDITOR, BUMISARI))

    page = get(client, stranger, "Submissions", count="true")
    filtered = get(
        client, stranger, "Submissions", filter=f"__system/areaCode eq '{SEMEDO}'"
    )
    items = get(client, stranger, "Submissions.plot", count="true")
    count = client.get(f"{URL}/Submissions/$count", headers=stranger)
    token = client.get(
        f"{URL}/Submissions", query_string={"$skiptoken": "uuid:one"}, headers=stranger
    )
    area = client.get(
        f"{URL}/Submissions", query_string={"area": SEMEDO}, headers=stranger
    )

    assert (page["value"], page["@odata.count"]) == ([], 0)
    assert filtered["value"] == []
    assert (items["value"], items["@odata.count"]) == ([], 0)
    assert count.text == "0"
    assert token.status_code == 400
    assert area.status_code == 404


def basic(username: str, password: str) -> Headers:
    joined = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {joined}"}


def test_excel_signs_in_with_a_password_over_tls_alone(
    client: FlaskClient, coordinator: Headers
) -> None:
    assert coordinator
    username = make_person(Role.COORDINATOR).username

    def ask(headers: Headers, scheme: str = "https") -> Any:
        return client.get(f"{URL}/", headers=headers, base_url=f"{scheme}://localhost")

    assert ask(basic(username, PASSWORD)).status_code == 200
    assert ask(basic(username.upper(), PASSWORD)).status_code == 200
    plain = ask(basic(username, PASSWORD), "http")
    assert (plain.status_code, plain.headers["WWW-Authenticate"]) == (401, "Bearer")
    for headers in ({}, basic(username, "wrong"), basic("", ""), basic("a\x00", "b")):
        refused = ask(headers)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic ")


def test_guessing_passwords_is_slowed_down_as_at_the_other_door(
    client: FlaskClient, coordinator: Headers
) -> None:
    assert coordinator
    username = make_person(Role.COORDINATOR).username

    answers = [
        client.get(
            f"{URL}/",
            headers=basic(username, f"guess{number}"),
            base_url="https://localhost",
        ).status_code
        for number in range(12)
    ]

    assert answers == [401] * 10 + [429] * 2
