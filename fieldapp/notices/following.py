"""Read on in the logs, and note which events a webhook is to be told.

Every deed stands in the log of its area, written in the same transaction. Positions in
a log are given under the lock of its head, so they become visible in their order, and
"what comes after position 17" leaves nothing out and takes nothing back. How far a
webhook has read moves in the transaction that notes its deliveries.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import (
    ColumnElement,
    Uuid,
    and_,
    delete,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.extensions import db
from fieldapp.forms.models import Form, FormVersion
from fieldapp.ledger.models import LedgerHead
from fieldapp.ledger.queries import entries_after
from fieldapp.notices.models import (
    DeliveryState,
    EventKind,
    Webhook,
    WebhookDelivery,
    WebhookPosition,
)
from fieldapp.places.codes import contains, within
from fieldapp.places.models import COUNTRY
from fieldapp.submissions.models import Submission, SubmissionState
from fieldapp.web import clock

BATCH = 500

DECISIONS = {
    "approve": EventKind.ENTRY_APPROVED,
    "return": EventKind.ENTRY_RETURNED,
    "reject": EventKind.ENTRY_REJECTED,
    "reopen": EventKind.ENTRY_REOPENED,
}


@dataclass(frozen=True)
class Line:
    """An entry of a log, as far as it matters here."""

    area_code: str
    position: int
    recorded_at: datetime
    kind: str
    subject: str
    detail: Mapping[str, Any]

    @property
    def event(self) -> EventKind | None:
        """Say what the line tells; None where it is nothing for others."""
        if self.kind == "revision-received":
            is_first = self.detail["number"] == 1
            return EventKind.ENTRY_RECEIVED if is_first else EventKind.ENTRY_CORRECTED
        if self.kind == "form-published":
            return EventKind.FORM_PUBLISHED
        if self.kind != "decision":
            return None
        event = DECISIONS.get(self.detail["decision"])
        # The first of two approvals leaves the entry where it was.
        is_approved = self.detail["state"] == SubmissionState.APPROVED
        is_half = event is EventKind.ENTRY_APPROVED and not is_approved
        return None if is_half else event


@dataclass(frozen=True)
class _Form:
    id: str
    programme_id: str | None
    version: str | None = None


def start_here(webhook: Webhook) -> None:
    """Let a webhook tell what happens from now on, and nothing from before."""
    db.session.execute(
        delete(WebhookPosition).where(WebhookPosition.webhook_id == webhook.id)
    )
    own_id = literal(webhook.id, Uuid())
    heads = select(own_id, LedgerHead.area_code, LedgerHead.position)
    db.session.execute(
        insert(WebhookPosition).from_select(
            ["webhook_id", "area_code", "position"], heads.where(_followed(webhook))
        )
    )


def follow(webhook: Webhook) -> bool:
    """Note what a webhook is to be told next; say whether there may be more.

    The caller holds the webhook's row, and commits.
    """
    lines = _next_lines(webhook)
    told = [line for line in lines if _concerns(webhook, line)]
    forms = _forms_of(told)
    rows = [
        _delivery(webhook, line, forms[line.subject])
        for line in told
        if line.subject in forms and _is_in_programme(webhook, forms[line.subject])
    ]
    if rows:
        db.session.execute(insert(WebhookDelivery), rows)
    _move(webhook, lines)
    return len(lines) == BATCH


def _followed(webhook: Webhook) -> ColumnElement[bool]:
    """Say which logs matter; forms are published in that of the country."""
    return or_(
        within(LedgerHead.area_code, webhook.area_code),
        LedgerHead.area_code == COUNTRY,
    )


def _next_lines(webhook: Webhook) -> list[Line]:
    own = and_(
        WebhookPosition.webhook_id == webhook.id,
        WebhookPosition.area_code == LedgerHead.area_code,
    )
    statement = entries_after(WebhookPosition.position, own, most=BATCH)
    rows = db.session.execute(statement.where(_followed(webhook)))
    return [_line(row) for row in rows]


def _line(row: Any) -> Line:
    body = orjson.loads(row.body)
    return Line(
        area_code=row.area_code,
        position=row.position,
        recorded_at=row.recorded_at,
        kind=body["kind"],
        subject=body["subject"],
        detail=body["detail"],
    )


def _concerns(webhook: Webhook, line: Line) -> bool:
    """Say whether a webhook tells of such a thing, in such a place."""
    event = line.event
    if event is None or event not in webhook.events:
        return False
    is_here = contains(webhook.area_code, line.area_code)
    return is_here or event is EventKind.FORM_PUBLISHED


def _is_in_programme(webhook: Webhook, form: _Form) -> bool:
    return webhook.programme_id in (None, form.programme_id)


def _forms_of(lines: Iterable[Line]) -> dict[str, _Form]:
    """Read which form each line is about, by its subject.

    What was erased since is not told of any more.
    """
    published: set[str] = set()
    entries: set[str] = set()
    for line in lines:
        is_form = line.event is EventKind.FORM_PUBLISHED
        (published if is_form else entries).add(line.subject)
    subject = FormVersion.form_id + "/" + FormVersion.version
    of_entries = (
        select(Submission.id, Form.id, Form.programme_id)
        .join(Form, Form.id == Submission.form_id)
        .where(Submission.id.in_(entries))
    )
    of_versions = (
        select(subject, Form.id, Form.programme_id, FormVersion.version)
        .join(Form, Form.id == FormVersion.form_id)
        .where(subject.in_(published))
    )
    found: dict[str, _Form] = {}
    for statement, subjects in ((of_entries, entries), (of_versions, published)):
        if subjects:
            rows = db.session.execute(statement)
            found |= {row[0]: _Form(*row[1:]) for row in rows}
    return found


def _delivery(webhook: Webhook, line: Line, form: _Form) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": uuid4(),
        "webhook_id": webhook.id,
        "area_code": line.area_code,
        "position": line.position,
        "event": line.event,
        "occurred_at": line.recorded_at,
        "content": _content(line, form),
        "state": DeliveryState.WAITING,
        "created_at": now,
        "due_since": now,
        "next_try_at": now,
        "tries": 0,
    }


def _content(line: Line, form: _Form) -> dict[str, Any]:
    where = {"area_code": line.area_code, "log_position": line.position}
    if form.version is not None:
        return {"form_id": form.id, "version": form.version, **where}
    is_revision = line.kind == "revision-received"
    return {
        "entry_id": line.subject,
        "revision": line.detail["number" if is_revision else "revision"],
        "state": SubmissionState.RECEIVED if is_revision else line.detail["state"],
        "form_id": form.id,
        **where,
    }


def _move(webhook: Webhook, lines: Sequence[Line]) -> None:
    """Remember up to where each log was read."""
    if not lines:
        return
    ends = {line.area_code: line.position for line in lines}
    statement = upsert(WebhookPosition)
    db.session.execute(
        statement.on_conflict_do_update(
            constraint="pk_webhook_position",
            set_={"position": statement.excluded.position},
        ),
        [
            {"webhook_id": webhook.id, "area_code": code, "position": position}
            for code, position in ends.items()
        ],
    )
