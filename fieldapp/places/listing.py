"""The list of villages that a phone chooses from, cut to a person's areas."""

import csv
import io
from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from fieldapp.extensions import db
from fieldapp.places.codes import within
from fieldapp.places.models import Area

COLUMNS = ("name", "label", "district", "regency")
VILLAGE = 4


def villages_csv(area_codes: Iterable[str]) -> bytes:
    """Write the villages of some areas as an ODK choice list, by code.

    The same areas give the same bytes, as long as the list of areas stands: phones
    compare the file's hash (OpenRosa Manifest).
    """
    district, regency = aliased(Area), aliased(Area)
    conditions = [within(Area.code, code) for code in sorted(set(area_codes))]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    if conditions:
        statement = (
            select(Area.code, Area.name, district.name, regency.name)
            .join(district, district.code == Area.parent_code)
            .join(regency, regency.code == district.parent_code)
            .where(Area.level == VILLAGE, or_(*conditions))
            .order_by(Area.code)
        )
        writer.writerows(db.session.execute(statement))
    return text.getvalue().encode()
