import time
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from fieldapp.extensions import db
from fieldapp.places.commands import places_commands
from fieldapp.places.importing import import_areas, is_imported
from fieldapp.places.listing import villages_csv
from fieldapp.places.models import Area
from fieldapp.places.queries import areas_named, find_area, full_paths
from tests.databases import empty_tables

VILLAGES = 83_762
AREAS = 1 + 38 + 514 + 7_285 + VILLAGES


@pytest.fixture(scope="module")
def areas(application: Flask) -> Iterator[None]:
    """All areas, committed once for the module."""
    with application.app_context():
        import_areas(lambda _province, _villages: None)
        db.session.commit()
        db.session.execute(text("analyze area"))
        db.session.commit()
    yield
    with application.app_context():
        empty_tables()


@pytest.fixture
def imported(areas: None, app: Flask) -> Flask:  # noqa: ARG001 - It only has to be there.
    return app


def count_areas(level: int) -> int:
    statement = select(func.count()).select_from(Area).where(Area.level == level)
    return db.session.scalar(statement) or 0


def test_all_villages_come_with_their_parents_in_under_thirty_seconds(
    app: Flask,
) -> None:
    started = time.monotonic()

    result = app.test_cli_runner().invoke(places_commands, ["import"])

    assert time.monotonic() - started < 30
    assert "83,762" in result.output
    assert "Papua Barat Daya" in result.output
    assert [count_areas(level) for level in range(5)] == [1, 38, 514, 7_285, VILLAGES]


@pytest.mark.usefixtures("imported")
def test_a_second_import_changes_nothing() -> None:
    again = import_areas(lambda _province, _villages: None)

    assert (again.villages, again.changed) == (VILLAGES, 0)
    assert is_imported()


@pytest.mark.usefixtures("imported")
def test_a_changed_name_is_corrected_by_the_next_import() -> None:
    area = db.session.get_one(Area, "33.02.16.2007")
    area.name = "Semedho"
    db.session.flush()

    again = import_areas(lambda _province, _villages: None)

    assert again.changed == 1
    assert db.session.get_one(Area, "33.02.16.2007").name == "Semedo"


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize(
    ("code", "kind", "name", "parent"),
    [
        ("ID", "negara", "Indonesia", None),
        ("33", "provinsi", "Jawa Tengah", "ID"),
        ("33.02", "kabupaten", "Kabupaten Banyumas", "33"),
        ("61.72", "kota", "Kota Singkawang", "61"),
        ("33.02.16", "kecamatan", "Pekuncen", "33.02"),
        ("91.03.01", "kecamatan", "Sentani", "91.03"),
        ("33.02.16.2007", "desa", "Semedo", "33.02.16"),
        ("33.03.14.2013", "desa", "Bumisari", "33.03.14"),
        ("61.72.05.1001", "kelurahan", "Sedau", "61.72.05"),
        ("35.07.14.2011", "desa", "Krebet Senggrong", "35.07.14"),
    ],
)
def test_places_of_the_programmes_stand_under_their_code(
    code: str, kind: str, name: str, parent: str | None
) -> None:
    area = find_area(code)

    assert area is not None
    assert (area.kind, area.name, area.parent_code) == (kind, name, parent)


@pytest.mark.usefixtures("imported")
def test_customary_villages_are_told_apart() -> None:
    statement = select(func.count()).where(Area.kind == "desa adat")

    assert db.session.scalar(statement) == 14


@pytest.mark.usefixtures("imported")
def test_village_list_is_cut_to_the_areas_and_always_the_same_bytes() -> None:
    first = villages_csv(["33.02.16", "33.03.14.2013"])
    again = villages_csv(["33.03.14.2013", "33.02.16.2007", "33.02.16"])

    lines = first.decode().splitlines()
    assert lines[0] == "name,label,district,regency"
    assert "33.02.16.2007,Semedo,Pekuncen,Kabupaten Banyumas" in lines
    assert lines[-1] == "33.03.14.2013,Bumisari,Bojongsari,Kabupaten Purbalingga"
    assert len(lines) == 1 + 16 + 1
    assert again == first


@pytest.mark.usefixtures("imported")
def test_nobodys_areas_have_an_empty_village_list() -> None:
    assert villages_csv([]) == b"name,label,district,regency\n"


@pytest.mark.usefixtures("imported")
def test_village_list_of_a_regency_is_made_quickly() -> None:
    started = time.monotonic()

    content = villages_csv(["33.02"])

    assert time.monotonic() - started < 0.5
    assert content.count(b"\n") == 332


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("name", ["Tajurhalang", "tajur halang", " TAJURHALANG "])
def test_both_villages_of_one_name_are_found_and_told_apart(name: str) -> None:
    found = db.session.scalars(areas_named(name).where(Area.level == 4)).all()

    codes = ["32.01.28.2004", "32.01.37.2001"]
    assert [area.code for area in found] == codes
    assert full_paths(codes) == {
        codes[0]: "Tajurhalang, Cijeruk, Kabupaten Bogor, Jawa Barat",
        codes[1]: "Tajurhalang, Tajurhalang, Kabupaten Bogor, Jawa Barat",
    }


@pytest.mark.usefixtures("imported")
def test_a_place_above_narrows_the_search() -> None:
    found = db.session.scalars(areas_named("semedo, banyumas")).all()

    assert [area.code for area in found] == ["33.02.16.2007"]


@pytest.mark.usefixtures("imported")
def test_a_regency_is_found_without_its_kind() -> None:
    first = db.session.scalars(areas_named("singkawang")).first()

    assert first is not None
    assert first.code == "61.72"
