"""Make a dossier: first all that it tells, then its entry in the log, then the log.

The log has an entry with the digest of the manifest before the first byte goes out: the
dossier proves itself by the log that it carries, and whatever becomes of the download,
that it was begun stands there.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import orjson
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from fieldapp.dossier.packing import CHUNK, Archive, Writing
from fieldapp.dossier.period import Period
from fieldapp.dossier.problems import PurposeRefused
from fieldapp.dossier.summary import Cover, Summary
from fieldapp.dossier.telling import Teller, Told
from fieldapp.dossier.words import HOWTO
from fieldapp.extensions import db
from fieldapp.forms.models import FormVersion
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.scope import get_area_for
from fieldapp.indicators.report import read_report
from fieldapp.indicators.schemas import ReportResponse
from fieldapp.indicators.tables import Report
from fieldapp.ledger.chain import Deed, Head, timestamp
from fieldapp.ledger.export import export_lines
from fieldapp.ledger.queries import current_head, entries_up_to
from fieldapp.ledger.service import append_deeds
from fieldapp.ledger.signing import sign_head
from fieldapp.ledger.verify import CONTENTS, DOSSIER, ENTRIES, FILES, MANIFEST, source
from fieldapp.masking.clearance import Clearance
from fieldapp.places.queries import full_paths
from fieldapp.submissions.files import FileStore
from fieldapp.web import clock

UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
"""What is in no name of a file: ids of forms come from form files."""


@dataclass(frozen=True)
class Order:
    """What somebody wants a dossier of."""

    actor: Actor
    period: Period
    clearance: Clearance


class Dossier:
    """A dossier on its way: drafted, then entered into the log, then bound."""

    def __init__(self, order: Order, store: FileStore) -> None:
        self.order = order
        self.archive = Archive(store)
        self.attachments = Archive(store)
        self.subject = f"dossier:{uuid4()}"
        self.prepared_at = clock.now()
        self.manifest = b""
        self.through = Head()
        self._is_whole: dict[bytes, bool] = {}
        self._versions: set[int] = set()

    def draft(self) -> None:
        """Write all that it tells to the disk; nothing is changed or locked.

        :raises NotFound: if the actor may not read the log and entries of the area.
        :raises PeriodRefused: if the days are in the wrong order or too many.
        :raises PurposeRefused: if the role does not open what is asked for.
        :raises DossierTooLarge: if it does not fit into one file.
        """
        order, period = self.order, self.order.period
        area = get_area_for(order.actor, Permission.READ_SUBMISSIONS, period.area_code)
        is_full = order.clearance is Clearance.FULL
        if is_full and not order.actor.may(Permission.READ_PERSONAL, area.code):
            raise PurposeRefused
        report = read_report(order.actor, area.code, period.first, period.last)
        self.through = current_head(area.code)
        self._tell(report)
        self.archive.add_bytes("report.json", _report_json(report))
        for name, xml in _forms(self._versions):
            self.archive.add_bytes(name, xml)
        self.archive.add_bytes("HOWTO.txt", HOWTO.format(area=area.code).encode())
        self.archive.add_bytes("verify.py", source())
        self.archive.files += self.attachments.files
        self.manifest = self._manifest()
        self.archive.parts()

    def enter(self) -> Head:
        """Write into the log that it was made, and for whom; the caller commits."""
        order, period = self.order, self.order.period
        deed = Deed(
            area_code=period.area_code,
            kind="export",
            actor=str(order.actor.user_id),
            subject=self.subject,
            digests={"manifest": hashlib.sha256(self.manifest).hexdigest()},
            detail={
                "format": "dossier",
                "from": period.first.isoformat(),
                "purpose": order.clearance.value,
                "through": self.through.position,
                "to": period.last.isoformat(),
            },
        )
        return append_deeds([deed], at=clock.now())[period.area_code]

    def bind(self, head: Head, key: Ed25519PrivateKey) -> Archive:
        """Put the manifest and the log, up to the dossier's own entry, before all."""
        code = self.order.period.area_code
        signed = sign_head(key, code, head, at=clock.now())
        contents = self.archive.files
        self.archive.files = []
        self.archive.add_bytes(MANIFEST, self.manifest)
        try:
            lines = export_lines(code, entries_up_to(code, head.position), signed)
            self.archive.add(ENTRIES, lines)
        finally:
            self.archive.files += contents
        return self.archive

    def _tell(self, report: Report) -> None:
        order = self.order
        summary = Summary(order.period, order.clearance)
        teller = Teller(order.actor, order.period, order.clearance, self._has_file)
        details = Writing()
        with details.file:
            told = teller.tell(self.through.position)
            self.archive.add(CONTENTS, self._items(told, summary, details))
            page = summary.page(self._cover(), report, _chunks(details))
            self.archive.add("summary.html", page)

    def _items(
        self, told: Iterator[Told], summary: Summary, details: Writing
    ) -> Iterator[bytes]:
        """Give what is told as lines; write the same for people along the way."""
        for each in told:
            details.write(summary.detail(each).encode())
            if each.version is not None:
                self._versions.add(each.version.id)
            if each.item is not None:
                yield orjson.dumps(each.item) + b"\n"

    def _has_file(self, digest: bytes) -> bool:
        if digest not in self._is_whole:
            name = f"{FILES}{digest.hex()}"
            self._is_whole[digest] = self.attachments.add_stored(name, digest)
        return self._is_whole[digest]

    def _cover(self) -> Cover:
        order, code = self.order, self.order.period.area_code
        return Cover(
            place=full_paths([code])[code],
            period=order.period,
            clearance=order.clearance,
            prepared_at=self.prepared_at,
            prepared_for=f"{order.actor.name} ({order.actor.user_id})",
            through=self.through.position,
            last_digest=self.through.digest.hex(),
        )

    def _manifest(self) -> bytes:
        """List the files; ``through`` is the last entry whose contents are told."""
        return rfc8785.dumps(
            {
                "area": self.order.period.area_code,
                "files": [file.listed() for file in self.archive.files],
                "format": DOSSIER,
                "id": self.subject,
                "period": self.order.period.as_dict(),
                "prepared_at": timestamp(self.prepared_at),
                "prepared_for": str(self.order.actor.user_id),
                "purpose": self.order.clearance.value,
                "through": self.through.position,
            }
        )


def _report_json(report: Report) -> bytes:
    return orjson.dumps(ReportResponse().dump(report), option=orjson.OPT_INDENT_2)


def _forms(version_ids: Iterable[int]) -> Iterator[tuple[str, bytes]]:
    """Give the forms that were filled in, as phones got them."""
    statement = select(FormVersion).where(FormVersion.id.in_(list(version_ids)))
    for row in db.session.scalars(statement.order_by(FormVersion.id)):
        name = UNSAFE.sub("_", f"{row.form_id}-{row.version}")
        yield f"forms/{row.id}-{name}.xml", row.xml


def _chunks(writing: Writing) -> Iterator[bytes]:
    writing.file.seek(0)
    while chunk := writing.file.read(CHUNK):
        yield chunk
