"""Why nothing is written into a log."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


class LogDamaged(Problem):
    """A log does not end as its head says: somebody changed it, or a disk failed."""

    status = 500
    slug = "log-damaged"
    title = Text("Catatan desa rusak", "The log of the village is damaged")

    def __init__(self, area_code: str) -> None:
        super().__init__(
            Text(
                "Catatan wilayah ini tidak utuh, jadi tidak ada yang ditulis. Data di "
                "HP tetap aman. Hubungi pengelola: fieldapp ledger check.",
                "The log of this area is not whole, so nothing is written. What is on "
                "the phone stays safe. Tell the operator: fieldapp ledger check.",
            )
        )
        self.area_code = area_code
