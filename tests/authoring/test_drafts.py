"""A form file becomes a draft, is looked at, and is published."""

import io
from copy import deepcopy

from flask.testing import FlaskClient
from openpyxl import Workbook  # type: ignore[import-untyped] # It has no types.

from fieldapp.authoring.models import FormDraft
from fieldapp.extensions import db
from fieldapp.identity.permissions import Role
from fieldapp.phone.settings import server_url_in
from fieldapp.places.models import COUNTRY
from tests.authoring.conftest import Author, form_file
from tests.entries import VERSION, publish_small_form
from tests.factories import SEMEDO, auth_headers, make_person

FRUITS = """
| survey |
| | type | name | label | bind::fieldapp:role |
| | select_one_from_file villages.csv | village | Desa | village |
| | select_one_from_file fruits.csv | fruit | Buah | |
| settings |
| | form_id | form_title | version |
| | buah | Buah | 1 |
"""


def workbook(rows: dict[str, list[list[str]]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, cells in rows.items():
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_an_uploaded_spreadsheet_becomes_a_draft_with_an_address_for_phones(
    author: Author,
) -> None:
    source = workbook(
        {
            "survey": [
                ["type", "name", "label::Indonesia (id)", "bind::fieldapp:role"],
                ["select_one_from_file villages.csv", "village", "Desa", "village"],
                ["integer", "trees", "Pohon", ""],
            ],
            "settings": [["form_id", "version"], ["pohon", "1"]],
        }
    )

    response = author.upload(source, "pohon.xlsx")

    draft = response.get_json()
    assert response.status_code == 201, draft
    assert (draft["form_id"], draft["version"]) == ("pohon", "1")
    assert draft["server_url"].endswith(f"/v1/draft/{draft['token']}")
    assert draft["comparison"] is None
    assert server_url_in(draft["settings_qr"]) == draft["server_url"]
    again = author.call("get", "/drafts/pohon").get_json()
    assert (again["form_id"], again["token"]) == ("pohon", None)
    assert (again["settings_qr"], again["settings_qr_png"]) == (None, None)
    renewed = author.call("post", "/drafts/pohon/token").get_json()
    assert server_url_in(renewed["settings_qr"]) == renewed["server_url"]
    assert renewed["token"] != draft["token"]


def test_a_draft_changes_nothing_that_phones_are_offered(author: Author) -> None:
    publish_small_form()
    siti = auth_headers(make_person(Role.FACILITATOR, SEMEDO))
    before = author.client.get("/api/v1/sync/changes", headers=siti).get_json()

    author.upload(form_file("2027"))

    after = author.client.get("/api/v1/sync/changes", headers=siti).get_json()
    assert after["forms"] == before["forms"]


def test_an_upload_tells_what_it_changes_against_the_newest_version(
    author: Author,
) -> None:
    publish_small_form()
    source = form_file(
        "2027",
        farmer="member",
        **{"Berat (kg)": "Berat bersih (kg)", "<= 2000": "<= 3000"},
    )

    comparison = author.upload(source).get_json()["comparison"]

    assert comparison["earlier_version"] == VERSION
    assert [each["path"] for each in comparison["added"]] == ["/data/member"]
    assert [each["path"] for each in comparison["removed"]] == ["/data/farmer"]
    (change,) = comparison["changed"]
    assert change["question"]["path"] == "/data/kg"
    assert change["is_retyped"] is False
    assert {
        (each["name"], each["before"], each["after"]) for each in change["aspects"]
    } == {
        ("label::id", "Berat (kg)", "Berat bersih (kg)"),
        ("constraint", ". > 0 and . <= 2000", ". > 0 and . <= 3000"),
    }


def test_a_draft_that_changes_a_type_is_told_so_and_not_published(
    author: Author,
) -> None:
    publish_small_form()
    retyped = form_file("2027", **{"| decimal | kg": "| text | kg"})

    draft = author.upload(retyped).get_json()
    response = author.call("post", "/drafts/setoran/publish")

    assert [each["is_retyped"] for each in draft["comparison"]["changed"]] == [True]
    assert response.status_code == 422
    assert "/data/kg" in response.get_json()["texts"]["en"]
    assert "/data/kg" in response.get_json()["texts"]["id"]


def test_no_later_version_may_bring_a_path_back_with_another_type(
    author: Author,
) -> None:
    publish_small_form()
    author.upload(form_file("2", **{"| decimal | kg": "| decimal | berat"}))
    dropped = form_file("2").replace(b"| decimal | kg", b"| decimal | berat")
    author.upload(dropped.replace(b"${kg}", b"${berat}"))
    assert author.call("post", "/drafts/setoran/publish").status_code == 201

    author.upload(form_file("3", **{"| decimal | kg": "| text | kg"}))
    response = author.call("post", "/drafts/setoran/publish")

    assert response.status_code == 422
    assert VERSION in response.get_json()["texts"]["en"]


def test_publishing_makes_the_draft_what_phones_are_offered(author: Author) -> None:
    publish_small_form()
    siti = auth_headers(make_person(Role.FACILITATOR, SEMEDO))
    author.upload(form_file("2027"))

    response = author.call("post", "/drafts/setoran/publish")

    assert response.status_code == 201
    assert response.get_json()["version"] == "2027"
    changes = author.client.get("/api/v1/sync/changes", headers=siti).get_json()
    assert [form["version"] for form in changes["forms"]] == ["2027"]
    assert author.call("get", "/drafts/setoran").status_code == 404
    log = author.call("get", f"/areas/{COUNTRY}/log")
    assert '"subject":"setoran/2027"' in log.text


def test_a_file_that_does_not_compile_is_refused_and_leaves_no_draft(
    author: Author,
) -> None:
    response = author.upload(form_file("1", **{"| decimal | kg": "| desimal | kg"}))

    assert response.status_code == 422
    assert response.get_json()["type"] == "/problems/form-refused"
    assert "desimal" in response.get_json()["texts"]["id"]
    assert author.call("get", "/drafts").get_json() == {"items": []}


def test_what_cannot_work_is_refused_with_its_sheet_row_and_column(
    author: Author,
) -> None:
    """In the role, in the soft rule, in the indicator."""
    cells = {
        "survey": [
            ["type", "name", "label", "bind::fieldapp:role", "bind::fieldapp:warn"],
            ["select_one_from_file villages.csv", "village", "Desa", "village", ""],
            ["integer", "trees", "Pohon", "", ". < 100"],
        ],
        "settings": [["form_id", "version"], ["pohon", "1"]],
        "indicators": [
            ["name", "label::id", "label::en", "unit", "value", "aggregate"],
            ["TREES", "Pohon", "Trees", "trees", "${trees}", "sum"],
        ],
    }
    assert author.upload(workbook(cells), "pohon.xlsx").status_code == 201

    for sheet, row, column, wrong in (
        ("survey", 2, "bind::fieldapp:role", "vilage"),
        ("survey", 3, "bind::fieldapp:warn", ". < < 100"),
        ("indicators", 2, "value", "${threes}"),
    ):
        broken = deepcopy(cells)
        broken[sheet][row - 1][broken[sheet][0].index(column)] = wrong
        response = author.upload(workbook(broken), "pohon.xlsx")

        assert response.status_code == 422
        remark = response.get_json()["remarks"][0]
        assert (remark["severity"], remark["sheet"]) == ("error", sheet)
        assert (remark["row"], remark["column"]) == (row, column)
        assert f"lembar {sheet}, baris {row}, kolom" in remark["texts"]["id"]
        assert f"sheet {sheet}, row {row}, column" in response.get_json()["texts"]["en"]


def test_what_pyxform_says_of_a_file_is_told_with_the_draft(author: Author) -> None:
    remarks = author.upload(form_file("1")).get_json()["remarks"]

    (of_photo,) = [each for each in remarks if each["code"] == "pyxform"]
    assert of_photo["severity"] == "warning"
    assert "max-pixels" in of_photo["texts"]["id"]


def test_a_form_whose_lists_are_missing_is_published_when_they_have_come(
    author: Author,
) -> None:
    draft = author.upload(FRUITS.encode(), "buah.md").get_json()
    refused = author.call("post", "/drafts/buah/publish")
    put = author.call(
        "put", "/drafts/buah/files/fruits.csv", data=b"name,label\nmangga,Mangga\n"
    )

    published = author.call("post", "/drafts/buah/publish")

    assert draft["missing_files"] == ["fruits.csv"]
    assert refused.status_code == 422
    assert "fruits.csv" in refused.get_json()["texts"]["id"]
    assert put.get_json()["missing_files"] == []
    assert published.status_code == 201
    siti = auth_headers(make_person(Role.FACILITATOR, SEMEDO))
    file = author.client.get(
        "/api/v1/forms/buah/versions/1/files/fruits.csv", headers=siti
    )
    assert file.data == b"name,label\nmangga,Mangga\n"


def test_the_next_draft_starts_with_the_files_of_the_newest_version(
    author: Author,
) -> None:
    author.upload(FRUITS.encode(), "buah.md")
    author.call("put", "/drafts/buah/files/fruits.csv", data=b"name,label\na,A\n")
    author.call("post", "/drafts/buah/publish")

    draft = author.upload(FRUITS.replace("| 1 |", "| 2 |").encode(), "b.md").get_json()

    assert [file["name"] for file in draft["files"]] == ["fruits.csv"]
    removed = author.call("delete", "/drafts/buah/files/fruits.csv")
    assert removed.status_code == 204
    assert author.call("get", "/drafts/buah").get_json()["missing_files"]


def test_names_that_no_phone_could_keep_are_refused(author: Author) -> None:
    author.upload(FRUITS.encode(), "buah.md")

    for name in ("villages.csv", "%2e%2e", "a%5cb.csv"):
        response = author.call("put", f"/drafts/buah/files/{name}", data=b"x")
        assert response.status_code == 422, name
        assert response.get_json()["type"] == "/problems/unusable-draft-file"


def test_a_version_is_published_once(author: Author) -> None:
    publish_small_form()
    author.upload(form_file(VERSION, **{"<= 2000": "<= 3000"}))

    response = author.call("post", "/drafts/setoran/publish")

    assert response.status_code == 422
    assert VERSION in response.get_json()["texts"]["en"]
    assert author.call("get", "/drafts/setoran").status_code == 200


def test_a_discarded_draft_is_gone(author: Author) -> None:
    author.upload(form_file("1"))

    assert author.call("delete", "/drafts/setoran").status_code == 204

    assert author.call("get", "/drafts/setoran").status_code == 404
    assert db.session.query(FormDraft).count() == 0


def test_who_administers_only_a_part_of_the_country_changes_no_form(
    client: FlaskClient, author: Author
) -> None:
    author.upload(form_file("1"))
    local = Author(client, auth_headers(make_person(Role.ADMINISTRATOR, SEMEDO)))
    other = make_person(Role.ADMINISTRATOR, COUNTRY, programme_id="desa-wisata")
    elsewhere = Author(client, auth_headers(other))

    for stranger in (local, elsewhere):
        assert stranger.upload(form_file("2")).status_code == 403
        assert stranger.call("get", "/drafts").get_json() == {"items": []}
        assert stranger.call("post", "/drafts/setoran/publish").status_code == 404


def test_a_form_of_one_programme_is_not_taken_over_by_another(
    client: FlaskClient, author: Author
) -> None:
    ours = form_file("1").replace(b"| namespaces |", b"| namespaces | programme |")
    author.upload(ours.replace(b'xforms" |', b'xforms" | desa-devisa |'))
    author.call("post", "/drafts/setoran/publish")
    outsider = make_person(Role.ADMINISTRATOR, COUNTRY, programme_id="desa-wisata")
    theirs = form_file("2").replace(b"| namespaces |", b"| namespaces | programme |")

    response = Author(client, auth_headers(outsider)).upload(
        theirs.replace(b'xforms" |', b'xforms" | desa-wisata |')
    )

    assert response.status_code == 403


def test_an_id_that_cannot_stand_in_an_address_is_refused(author: Author) -> None:
    response = author.upload(form_file("1", **{"| setoran |": "| a/b |"}))

    assert response.status_code == 422
    assert "form_id" in response.get_json()["detail"]
