"""Why a dossier is not made."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


class DossierTooLarge(Problem):
    """The files of the period do not fit into one ZIP."""

    status = 422
    slug = "dossier-too-large"
    title = Text("Dossier terlalu besar", "The dossier is too large")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Lampiran dan entri masa ini tidak muat dalam satu berkas (4 GB). "
                "Minta per bulan atau per minggu.",
                "The entries and attachments of this period do not fit into one file "
                "(4 GB). Ask for a month or a week at a time.",
            )
        )


class PurposeRefused(Problem):
    """Somebody asks for more than their role lets them read."""

    status = 403
    slug = "purpose-refused"
    title = Text("Keperluan tidak diizinkan", "The purpose is not allowed")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Dossier lengkap tanpa penutupan hanya untuk koordinator dan "
                "administrator wilayah ini. Pakai keperluan audit atau certification.",
                "A dossier with nothing withheld is for coordinators and "
                "administrators of this area. Ask with the purpose audit or "
                "certification.",
            )
        )
