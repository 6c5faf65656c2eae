"""Check the indicators of a form before it is published."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.forms.models import FormVersion
from fieldapp.forms.problems import FormRefused
from fieldapp.indicators.cells import SheetError
from fieldapp.indicators.definitions import parse_indicators, refuse_changed
from fieldapp.indicators.service import indicators_of
from fieldapp.web.text import Text
from fieldapp.xform.definition import FormDefinition

REFUSED = Text("Formulir ditolak: {reason}", "Form refused: {reason}")


def check_indicators(
    definition: FormDefinition, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Refuse a form whose indicators do not compile, or change their meaning.

    ``rows`` are what is stored with a form version: cells by column, and ``row``.

    :raises FormRefused: naming sheet, row and column of all that is wrong.
    """
    try:
        newer = parse_indicators(definition, rows)
        earlier = db.session.scalar(
            select(FormVersion.id)
            .where(FormVersion.form_id == definition.form_id)
            .order_by(FormVersion.id.desc())
            .limit(1)
        )
        if earlier is not None:
            refuse_changed(indicators_of(earlier), newer, rows)
    except SheetError as error:
        told = error.text()
        raise FormRefused(
            Text(REFUSED.id.format(reason=told.id), REFUSED.en.format(reason=told.en))
        ) from error
