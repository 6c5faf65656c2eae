"""Turn the items of a batch into deliveries, and their outcomes into one answer."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid5
from xml.sax.saxutils import escape

import rfc8785
from marshmallow import Schema, ValidationError

from fieldapp.forms.queries import PublishedVersion, find_version
from fieldapp.identity.permissions import Actor
from fieldapp.submissions.delivery import Delivery, Outcome, OutcomeStatus
from fieldapp.submissions.intake import accept
from fieldapp.sync.problems import UnknownFormVersion
from fieldapp.sync.schemas import RecordItem, XmlItem
from fieldapp.web.fields import NOT_TEXT
from fieldapp.web.problems import FieldError, InvalidRequest, Problem
from fieldapp.web.text import Text
from fieldapp.web.validation import INVALID, faults
from fieldapp.xform.record import RecordInvalid, from_record
from fieldapp.xform.schema import record_schema

DOOR = "sync"
SAME_RECORD = UUID("6f0a9f6e-3f55-4a4e-9f5b-5f7d1c2f8a10")
"""The name space of instance ids that are made from a record's content."""

END_OF_ID = b"</instanceID>"

MAX_VALUES = 300_000
"""Values in the records of a batch; each takes some 15 µs to load."""

MAX_FAULTS = 100
TOO_MANY_VALUES = Text(
    "Kiriman berisi lebih dari {limit} nilai. Kirim dalam beberapa bagian.",
    "There are more than {limit} values in it. Send it in several parts.",
)
NO_OBJECT = Text("Setiap item harus berupa objek.", "Each item must be an object.")
NO_SUCH_VERSION = Text(
    "Formulir {form} versi {version} tidak dikenal di sini. Perbarui formulir.",
    "Version {version} of the form {form} is not known here. Update the forms.",
)

_XML_ITEM = XmlItem()
_RECORD_ITEM = RecordItem()


@dataclass(frozen=True)
class Sender:
    """Who sends a batch, with what, and when it came."""

    actor: Actor
    client: str
    received_at: datetime


@dataclass
class _Versions:
    """The form versions of one batch, each looked up once."""

    found: dict[tuple[str, str], PublishedVersion | None] = field(default_factory=dict)

    def get(self, form_id: str, version: str) -> PublishedVersion:
        key = (form_id, version)
        if key not in self.found:
            self.found[key] = find_version(form_id, version)
        published = self.found[key]
        if published is None:
            raise UnknownFormVersion(
                NO_SUCH_VERSION.format(form=form_id, version=version)
            )
        return published


def accept_items(sender: Sender, items: Sequence[Any]) -> list[Outcome]:
    """Take in a batch: an outcome for each item, in order; no item harms another.

    :raises InvalidRequest: if the batch holds more values than answers can.
    """
    if _is_crowded(items):
        raise InvalidRequest(TOO_MANY_VALUES.format(limit=MAX_VALUES))
    versions = _Versions()
    read = [_read(sender, item, versions) for item in items]
    to_accept = [item for item in read if isinstance(item, Delivery)]
    accepted = iter(accept(to_accept) if to_accept else ())
    return [item if isinstance(item, Outcome) else next(accepted) for item in read]


def _is_crowded(items: Sequence[Any]) -> bool:
    """Tell whether there are more values in a batch than we are willing to load."""
    count = 0
    pending: list[Any] = [items]
    while pending and count <= MAX_VALUES:
        value = pending.pop()
        below = value.values() if isinstance(value, dict) else value
        if isinstance(value, dict | list | tuple):
            count += len(below)
            if count <= MAX_VALUES:
                pending.extend(below)
    return count > MAX_VALUES


def _read(sender: Sender, item: Any, versions: _Versions) -> Delivery | Outcome:
    try:
        xml = _xml_of(sender, item, versions)
    except Problem as problem:
        instance_id = item.get("instance_id") if isinstance(item, dict) else None
        return Outcome(
            OutcomeStatus.REFUSED,
            problem.detail,
            instance_id=instance_id if isinstance(instance_id, str) else None,
            problem=problem,
        )
    return Delivery(
        actor=sender.actor,
        xml=xml,
        files=(),
        door=DOOR,
        client=sender.client,
        received_at=sender.received_at,
    )


def _xml_of(sender: Sender, item: Any, versions: _Versions) -> bytes:
    if not isinstance(item, dict):
        raise InvalidRequest(NO_OBJECT)
    if "xml" in item:
        xml: str = _load(_XML_ITEM, item)["xml"]
        return xml.encode()
    return _xml_of_record(sender.actor, _load(_RECORD_ITEM, item), versions)


def _xml_of_record(actor: Actor, item: dict[str, Any], versions: _Versions) -> bytes:
    """Write a record as a phone would; types and nesting only, the intake judges."""
    published = versions.get(item["form_id"], item["version"])
    schema = record_schema(published.definition)()
    record = _load(schema, _with_id(actor, item), below="record")
    try:
        xml = from_record(published.definition, record)
    except RecordInvalid as error:
        text = Text(f"{error.path}: {error.reason}", f"{error.path}: {error.reason}")
        raise InvalidRequest(INVALID, errors=[FieldError("record", text)]) from error
    return _with_deprecated_id(xml, item.get("deprecated_id"))


def _load(schema: Schema, values: Any, *, below: str = "") -> dict[str, Any]:
    """Load values by a schema; what is wrong is told by the names of the fields.

    :raises InvalidRequest: if something is wrong.
    """
    try:
        loaded: dict[str, Any] = schema.load(values)
    except ValidationError as error:
        messages = {below: error.messages} if below else error.messages
        errors = [
            FieldError(name, text)
            for name, text in islice(faults(messages), MAX_FAULTS)
        ]
        raise InvalidRequest(INVALID, errors=errors) from error
    return loaded


def _with_id(actor: Actor, item: dict[str, Any]) -> dict[str, Any]:
    """Give the record with the item's instance id in its ``meta``."""
    record: dict[str, Any] = item["record"]
    meta = record.get("meta")
    ids = dict(meta) if isinstance(meta, dict) else {}
    if "instance_id" in item:
        ids["instanceID"] = item["instance_id"]
    if not ids.get("instanceID"):
        ids["instanceID"] = _id_of_content(actor, item)
    return {**record, "meta": ids}


def _id_of_content(actor: Actor, item: dict[str, Any]) -> str:
    """Make an instance id from who sends what: sent again, it is no second entry."""
    try:
        canonical = rfc8785.dumps([str(actor.user_id), item])
    except (ValueError, rfc8785.CanonicalizationError) as error:
        raise InvalidRequest(NOT_TEXT) from error
    return f"uuid:{uuid5(SAME_RECORD, hashlib.sha256(canonical).hexdigest())}"


def _with_deprecated_id(xml: bytes, deprecated_id: str | None) -> bytes:
    """Name the corrected entry, which no form declares (openrosa.md, section 9)."""
    if deprecated_id is None:
        return xml
    before, end, after = xml.rpartition(END_OF_ID)
    element = f"<deprecatedID>{escape(deprecated_id)}</deprecatedID>".encode()
    return before + end + element + after
