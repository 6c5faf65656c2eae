"""Read and judge a delivery, before anything is written: no locks, no changes."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fieldapp.forms.models import FormState
from fieldapp.forms.offered import submitting_areas
from fieldapp.forms.queries import PublishedVersion, find_version
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.places.codes import DOTTED, UNDOTTED_VILLAGE, time_zone
from fieldapp.places.queries import is_known
from fieldapp.submissions import messages
from fieldapp.submissions.delivery import Delivery
from fieldapp.submissions.judging import CLOCK_TOLERANCE, judge
from fieldapp.submissions.judging import captured_at as claimed_at
from fieldapp.submissions.models import HeldReason
from fieldapp.submissions.problems import NotAllowed, TooLarge, Unreadable
from fieldapp.submissions.sealed import sealed_files
from fieldapp.web.text import Text
from fieldapp.xform.answers import value_words
from fieldapp.xform.instance import Instance, InstanceUnreadable, read_instance
from fieldapp.xform.judgement import Judgement, Violation

OLD = timedelta(days=90)
"""An entry that took longer to come is flagged (domain.md, section 6)."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""A clock that says an earlier time was never set: the day of receipt is taken."""


May = Callable[[Permission, str, str | None], bool]


@dataclass(frozen=True)
class Hold:
    """Why an entry waits for a person, and what that person needs to know."""

    reason: HeldReason
    explanation: Text
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Envelope:
    """A delivery that can be read: who it is, whatever becomes of it."""

    delivery: Delivery
    instance: Instance
    digest: bytes

    @property
    def id(self) -> str:
        """Give the instance id."""
        return self.instance.instance_id


@dataclass(frozen=True)
class Judged:
    """An entry that knows its form and its village, and is ready to be written."""

    envelope: Envelope
    version: PublishedVersion
    area_code: str
    captured_at: datetime | None
    captured_on: date
    title: str | None
    violations: tuple[dict[str, Any], ...]
    warnings: tuple[dict[str, Any], ...]
    expected_files: tuple[str, ...]
    is_sealed: bool
    """Encrypted on the phone: nobody here can read or judge its answers."""
    released_by: Actor | None
    """Who decided that it is to be taken in as it is, where somebody did."""


@dataclass(frozen=True)
class Waiting:
    """An entry that must be held, whatever is stored already."""

    envelope: Envelope
    hold: Hold


@dataclass(frozen=True)
class Release:
    """A person's word that a held entry is to be taken in."""

    by: Actor
    area_code: str | None = None
    """Where the entry is to stand, if not where it says itself."""


def prepare(delivery: Delivery, *, release: Release | None = None) -> Judged | Waiting:
    """Read a delivery and judge it by its form.

    With a ``release`` the rights of the person who releases it count, not the
    sender's.

    :raises Unreadable: if it is no instance that can be kept.
    :raises TooLarge: if its XML is longer than the engine reads.
    :raises NotAllowed: if the sender may not send this form.
    """
    envelope = _read(delivery)
    instance = envelope.instance
    version = find_version(instance.form_id, instance.version)
    if release is None:
        _refuse_without_right(delivery, version)
    if version is None or version.state is FormState.CLOSED:
        return Waiting(envelope, _form_hold(envelope, version))
    judgement = judge(version.definition, instance, received_at=delivery.received_at)
    try:
        return _placed(envelope, version, judgement, release)
    finally:
        judgement.dissolve()


def _placed(
    envelope: Envelope,
    version: PublishedVersion,
    judgement: Judgement,
    release: Release | None,
) -> Judged | Waiting:
    """Find the village that an entry belongs to, and whether it may go there."""
    delivery = envelope.delivery
    if release is None:
        code = _area_code(delivery, version, judgement)
        may = delivery.actor.may, Permission.SUBMIT
    else:
        code = release.area_code or judgement.village_code
        may = release.by.may, Permission.DECIDE_HELD
    hold = _area_hold(version, code, *may)
    if hold is not None or code is None:
        return Waiting(
            envelope, hold or Hold(HeldReason.AREA, messages.HELD_NO_VILLAGE)
        )
    released_by = None if release is None else release.by
    return _judged(envelope, version, judgement, code, released_by=released_by)


def refuse_early(delivery: Delivery) -> None:
    """Refuse what ``prepare`` would, while the delivery's files have no names yet.

    A file that got its name stays in the store: another entry may have its content.

    :raises Unreadable: if it is no instance that can be kept.
    :raises TooLarge: if its XML is longer than the engine reads.
    :raises NotAllowed: if the sender may not send this form.
    """
    instance = _read(delivery).instance
    _refuse_without_right(delivery, find_version(instance.form_id, instance.version))


def read_sent(xml: bytes) -> Instance:
    """Read what a phone sent.

    :raises Unreadable: if it is no instance that can be kept.
    :raises TooLarge: if its XML is longer than the engine reads.
    """
    try:
        return read_instance(xml)
    except InstanceUnreadable as error:
        kind = TooLarge if error.code == "too-large" else Unreadable
        raise kind(messages.UNREADABLE[error.code], reason=error.reason) from error


def _read(delivery: Delivery) -> Envelope:
    instance = read_sent(delivery.xml)
    return Envelope(delivery, instance, hashlib.sha256(delivery.xml).digest())


def _refuse_without_right(delivery: Delivery, version: PublishedVersion | None) -> None:
    """Refuse who may not send a form, or any form where it is not known here."""
    programmes = {
        grant.programme_id for grant in delivery.actor.grants_for(Permission.SUBMIT)
    }
    wanted = {None} if version is None else {None, version.programme_id}
    if not programmes or (version is not None and not programmes & wanted):
        raise NotAllowed(messages.NO_RIGHT)


def _form_hold(envelope: Envelope, version: PublishedVersion | None) -> Hold:
    instance = envelope.instance
    detail = {"form": instance.form_id, "version": instance.version}
    is_known = version is not None
    text = messages.HELD_CLOSED_FORM if is_known else messages.HELD_UNKNOWN_FORM
    return Hold(HeldReason.FORM, text.format(**detail), detail)


def _area_code(
    delivery: Delivery, version: PublishedVersion, judgement: Judgement
) -> str | None:
    """Read the village; what does not tell it sits at the sender's own area."""
    is_told = version.definition.village_path is not None
    if is_told and not judgement.instance.is_encrypted:
        return judgement.village_code
    return submitting_areas(delivery.actor, version.programme_id)[0]


def _area_hold(
    version: PublishedVersion, code: str | None, may: May, permission: Permission
) -> Hold | None:
    if code is None:
        return Hold(HeldReason.AREA, messages.HELD_NO_VILLAGE)
    if UNDOTTED_VILLAGE.fullmatch(code):
        explanation = messages.HELD_UNDOTTED
    elif not DOTTED.fullmatch(code) or not is_known(code):
        explanation = messages.HELD_UNKNOWN_AREA
    elif not may(permission, code, version.programme_id):
        explanation = messages.HELD_OUTSIDE
    else:
        return None
    shown = code[:40]
    return Hold(HeldReason.AREA, explanation.format(code=shown), {"area": shown})


def _judged(
    envelope: Envelope,
    version: PublishedVersion,
    judgement: Judgement,
    area_code: str,
    *,
    released_by: Actor | None,
) -> Judged:
    received_at = envelope.delivery.received_at
    captured_at = claimed_at(version.definition, envelope.instance)
    trusted = captured_at or received_at
    if trusted > received_at + CLOCK_TOLERANCE or trusted < EARLIEST:
        trusted = received_at
    is_sealed = envelope.instance.is_encrypted
    warnings = (
        *(finding_of(item) for item in judgement.warnings),
        *([_warning("sealed", messages.SEALED_LABEL, messages.SEALED)] * is_sealed),
        *_clock_warnings(captured_at, received_at),
    )
    return Judged(
        envelope=envelope,
        version=version,
        area_code=area_code,
        captured_at=captured_at,
        captured_on=trusted.astimezone(ZoneInfo(time_zone(area_code))).date(),
        title=judgement.instance_name or None,
        violations=tuple(finding_of(item) for item in judgement.violations),
        warnings=warnings,
        expected_files=(
            sealed_files(envelope.instance) if is_sealed else judgement.attachment_names
        ),
        is_sealed=is_sealed,
        released_by=released_by,
    )


def _clock_warnings(
    captured_at: datetime | None, received_at: datetime
) -> tuple[dict[str, Any], ...]:
    if captured_at is None:
        return ()
    if captured_at > received_at + CLOCK_TOLERANCE:
        text = messages.CLOCK_AHEAD
    elif captured_at < received_at - OLD:
        text = messages.CLOCK_OLD
    else:
        return ()
    warning = _warning("clock", messages.CLOCK_LABEL, text)
    told = dict(value_words(captured_at, "dateTime"))
    return ({**warning, "value": captured_at.isoformat(), "answer": told},)


def _warning(rule: str, label: Text, message: Text) -> dict[str, Any]:
    """Write a warning about the entry as a whole, which no rule of its form gives."""
    return {
        "path": "",
        "rule": rule,
        "label": label.as_dict(),
        "message": message.as_dict(),
        "value": "",
        "detail": {},
        "item": {},
        "answer": {},
        "reason": {},
        "readings": [],
    }


def finding_of(violation: Violation) -> dict[str, Any]:
    """Write a finding as a revision keeps it."""
    return {
        "path": violation.path,
        "rule": violation.rule,
        "label": dict(violation.label),
        "message": dict(violation.message),
        "value": violation.value,
        "detail": dict(violation.detail),
        "item": dict(violation.item),
        "answer": dict(violation.answer),
        "reason": dict(violation.reason),
        "readings": [
            {
                "path": read.path,
                "label": dict(read.label),
                "answer": dict(read.answer),
            }
            for read in violation.readings
        ],
    }
