"""What can be wrong with the question for a report."""

from fieldapp.web.problems import FieldError, InvalidRequest
from fieldapp.web.text import Text

WRONG_PERIOD = Text(
    "Tanggal from harus sebelum atau sama dengan to, paling lama {days} hari.",
    "The day of from must not be after that of to; at most {days} days between them.",
)


class PeriodRefused(InvalidRequest):
    """The days of a report are in the wrong order, or too far apart."""

    def __init__(self, *, days: int) -> None:
        text = WRONG_PERIOD.format(days=days)
        super().__init__(text, errors=[FieldError("from", text)])
