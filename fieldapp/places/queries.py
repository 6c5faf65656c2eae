"""Read areas: one, its children, or those of a name."""

import re
from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import aliased

from fieldapp.extensions import db
from fieldapp.places.codes import DOTTED, UNDOTTED_VILLAGE, lineage
from fieldapp.places.models import COUNTRY, Area
from fieldapp.web.problems import FieldError, InvalidRequest, NotFound
from fieldapp.web.text import Text

NOT_SEARCHED = re.compile(r"^(kabupaten|kota) (administrasi )?|[^a-z0-9]")
MAX_WORDS = 5

_known_codes: set[str] = set()

DOTS_MISSING = Text(
    "Kode wilayah harus memakai titik, contoh 33.02.16.2007. Tanpa titik, kode "
    "Kemendagri dan kode BPS tidak dapat dibedakan.",
    "Write the area's code with its dots, such as 33.02.16.2007. Without them, codes "
    "of Kemendagri and of BPS cannot be told apart.",
)
NO_SUCH_AREA = Text(
    "Tidak ada wilayah dengan kode ini.", "There is no area of this code."
)


def find_area(code: str) -> Area | None:
    """Find an area by its dotted code."""
    return db.session.get(Area, code)


def is_known(code: str) -> bool:
    """Say whether an area has this code; known codes are remembered, for ever true."""
    if code not in _known_codes and find_area(code) is not None:
        _known_codes.add(code)
    return code in _known_codes


def forget_areas() -> None:
    """Forget which codes are known; for tests, which take areas back."""
    _known_codes.clear()


def get_area(code: str) -> Area:
    """Get an area by its dotted code.

    :raises InvalidRequest: if the code has ten digits and no dots: two lists of
        codes look so, and mean different villages (domain.md, section 1.2).
    :raises NotFound: if no area has the code.
    """
    if UNDOTTED_VILLAGE.fullmatch(code):
        raise InvalidRequest(DOTS_MISSING, errors=[FieldError("code", DOTS_MISSING)])
    is_code = code == COUNTRY or DOTTED.fullmatch(code)
    area = find_area(code) if is_code else None
    if area is None:
        raise NotFound(NO_SUCH_AREA)
    return area


def list_areas(codes: Iterable[str]) -> list[Area]:
    """Read areas, the largest first."""
    statement = select(Area).where(Area.code.in_(set(codes))).order_by(Area.level)
    return list(db.session.scalars(statement))


def children_of(code: str) -> Select[Area]:
    """Select what lies directly in an area, by code."""
    return select(Area).where(Area.parent_code == code).order_by(Area.code)


def areas_named(text: str) -> Select[Area]:
    """Select areas whose name begins so, the larger and the exact ones first.

    After a comma come the names of places above: ``tajur halang, cijeruk`` finds one
    of the two villages of that name in the regency. Case and spaces do not matter.
    """
    first, *above = [_searched(part) for part in text.split(",")[:MAX_WORDS]]
    if not first:
        return select(Area).where(false())
    places = [aliased(Area) for _ in range(3)]
    statement = select(Area).where(_begins(Area, first)).where(Area.level > 0)
    lower: type[Area] = Area
    for place in places:
        statement = statement.outerjoin(place, place.code == lower.parent_code)
        lower = place
    for part in above:
        if part:
            matches = [_begins(place, part) for place in places]
            statement = statement.where(or_(*matches))
    return statement.order_by(Area.search_name != first, Area.level, Area.code)


def names_of(codes: Iterable[str]) -> Mapping[str, str]:
    """Read the names of areas, by code."""
    statement = select(Area.code, Area.name).where(Area.code.in_(set(codes)))
    return dict(db.session.execute(statement).all())


def full_paths(codes: Iterable[str]) -> Mapping[str, str]:
    """Write the full path of places: ``Semedo, Pekuncen, Kabupaten Banyumas, …``.

    Names are not keys; the path is what tells two places of one name apart.
    """
    wanted = set(codes)
    ups = {code: lineage(code)[:-1] or (code,) for code in wanted}
    names = names_of(up for line in ups.values() for up in line)
    return {
        code: ", ".join(names[up] for up in line if up in names)
        for code, line in ups.items()
    }


def _searched(text: str) -> str:
    return NOT_SEARCHED.sub("", text.strip().lower())


def _begins(area: type[Area], text: str) -> ColumnElement[bool]:
    """Build a prefix match that the index serves, since the column sorts by byte."""
    column = area.search_name
    return and_(column >= text, column < f"{text}\x7f")
