"""A small form of sugar deliveries, and entries of it as phones send them."""

from datetime import datetime
from pathlib import Path
from uuid import uuid4

from fieldapp.identity.models import User
from fieldapp.submissions.delivery import Delivery, Outcome, ReceivedFile
from fieldapp.submissions.intake import accept
from fieldapp.web.clock import now
from tests.factories import SEMEDO, actor_of
from tests.form_factories import publish_form

FORM = Path(__file__).parent / "data" / "setoran" / "setoran.md"
VERSION = "2026112101"


def publish_small_form(version: str = VERSION, namespaces: str | None = None) -> None:
    """Publish the small form."""
    spaces = namespaces or 'fieldapp="http://fieldapp.id/xforms"'
    source = FORM.read_text().replace("{{version}}", version)
    publish_form(source.replace("{{namespaces}}", spaces))


def new_id() -> str:
    """Make an instance id as phones do."""
    return f"uuid:{uuid4()}"


def entry_xml(
    instance_id: str | None = None,
    *,
    village: str = SEMEDO,
    kg: str = "12.5",
    photo: str = "",
    deprecated_id: str = "",
    made_at: datetime | None = None,
    form_id: str = "setoran",
    version: str = VERSION,
) -> bytes:
    """Write an entry of the small form."""
    made = (made_at or now()).isoformat(timespec="milliseconds")
    deprecated = (
        f"<deprecatedID>{deprecated_id}</deprecatedID>" if deprecated_id else ""
    )
    return (
        f'<?xml version=\'1.0\' ?><data id="{form_id}" version="{version}">'
        f"<start>{made}</start><end>{made}</end><village>{village}</village>"
        f"<farmer>Bu Sri</farmer><kg>{kg}</kg><photo>{photo}</photo>"
        f"<meta><instanceID>{instance_id or new_id()}</instanceID>{deprecated}"
        f"<instanceName>Setoran {kg}</instanceName></meta></data>"
    ).encode()


def deliver(
    sender: User,
    xml: bytes,
    *,
    files: tuple[ReceivedFile, ...] = (),
    received_at: datetime | None = None,
) -> Outcome:
    """Hand one entry of a person to the intake."""
    (outcome,) = accept([make_delivery(sender, xml, files, received_at)])
    return outcome


def make_delivery(
    sender: User,
    xml: bytes,
    files: tuple[ReceivedFile, ...] = (),
    received_at: datetime | None = None,
) -> Delivery:
    """Make what a door hands to the intake."""
    return Delivery(
        actor=actor_of(sender),
        xml=xml,
        files=files,
        door="openrosa",
        client="Collect",
        received_at=received_at or now(),
    )


def make_file(name: str = "1795269839123.jpg", content: int = 1) -> ReceivedFile:
    """Make a file that lies in the store already, or would."""
    return ReceivedFile(name, bytes([content]) * 32, 1000, "image/jpeg")
