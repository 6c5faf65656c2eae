"""What the log says of an export: who had what, when, what for; never an answer.

An export is logged in each area that was asked for, before its first byte and after
its last: what nobody finished reading stands there as begun, and as broken off.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fieldapp.exporting.asking import Granted
from fieldapp.exporting.formats import Writing
from fieldapp.ledger.chain import Deed, timestamp
from fieldapp.ledger.service import append_deeds
from fieldapp.web import clock


@dataclass(frozen=True)
class Sent:
    """What of an export was handed over."""

    entries: int
    size: int
    """In bytes."""
    digest: bytes
    """SHA-256 of these bytes."""
    is_whole: bool


def log_begun(
    export_id: UUID, granted: Granted, writing: Writing, *, total: int
) -> None:
    """Log that an export is about to be read; the caller commits."""
    detail = {
        "clearance": granted.clearance.value,
        "entries": total,
        "filter": filter_of(granted),
        "form": granted.wanted.form_id,
        "format": writing.format.value,
        "table": writing.table,
    }
    _log("export-begun", export_id, granted, detail, {})


def log_ended(export_id: UUID, granted: Granted, sent: Sent) -> None:
    """Log how much of an export was read, and its digest; the caller commits.

    The digest needs no salt: a file names its entries by random ids.
    """
    detail = {"bytes": sent.size, "entries": sent.entries, "is_whole": sent.is_whole}
    digests = {"file": sent.digest.hex()}
    _log("export-ended", export_id, granted, detail, digests)


def filter_of(granted: Granted) -> dict[str, Any]:
    """Write down what an export was narrowed to."""
    wanted = granted.wanted
    return {
        "area": wanted.area,
        "from": wanted.received_from and timestamp(wanted.received_from),
        "state": wanted.state,
        "to": wanted.received_to and timestamp(wanted.received_to),
    }


def _log(
    kind: str,
    export_id: UUID,
    granted: Granted,
    detail: dict[str, Any],
    digests: dict[str, str],
) -> None:
    deeds = [
        Deed(
            area_code=area_code,
            kind=kind,
            actor=str(granted.actor.user_id),
            subject=f"export:{export_id}",
            digests=digests,
            detail=detail,
        )
        for area_code in granted.areas
    ]
    append_deeds(deeds, at=clock.now())
