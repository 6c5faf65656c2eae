"""What is asked for a dossier."""

from marshmallow import fields

from fieldapp.indicators.schemas import ReportQuery
from fieldapp.masking.clearance import Clearance


class DossierRequest(ReportQuery):
    """The stretch of local days, both included, and what the dossier is for."""

    purpose = fields.Enum(
        Clearance,
        by_value=True,
        load_default=Clearance.AUDIT,
        metadata={
            "description": "`audit` withholds personal data and attachments, "
            "`certification` opens plots and attachments, `full` withholds nothing "
            "and is for coordinators and administrators."
        },
    )
