"""A village where all happens that a dossier tells of."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from flask.testing import FlaskClient

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.ledger.signing import ledger_key, public_text
from fieldapp.ledger.verify import Seen, Verdict, verify
from fieldapp.review.comments import add_comment
from fieldapp.review.models import DecisionKind
from fieldapp.review.service import decide
from fieldapp.submissions.delivery import ReceivedFile
from fieldapp.submissions.files import file_store
from tests.entries import deliver
from tests.factories import (
    BUMISARI,
    SEMEDO,
    Headers,
    actor_of,
    auth_headers,
    make_area,
    make_grant,
    make_person,
    make_user,
)
from tests.form_factories import publish_form

FORM = Path(__file__).parents[1] / "data" / "dossier" / "panen.md"
NIK, PHONE, NAME = "3302164107740001", "081234567890", "Wagiyem <b>Sulastri</b>"
RETURNED = f"Foto kabur. NIK {NIK} sudah benar?"
SECRETS = (NIK, PHONE, "Wagiyem", "Sulastri")


@dataclass(frozen=True)
class People:
    """Who has to do with the village."""

    facilitator: User
    coordinator: User
    auditor: Headers


def publish() -> People:
    """Publish the form, and give everybody their role."""
    for code in (SEMEDO, BUMISARI):
        make_area(code)
    publish_form(FORM.read_text())
    facilitator = make_user(name="Siti <script>alert(1)</script> Aminah")
    make_grant(facilitator, Role.FACILITATOR, SEMEDO)
    make_grant(facilitator, Role.FACILITATOR, BUMISARI)
    auditor = auth_headers(make_person(Role.AUDITOR, SEMEDO))
    return People(facilitator, make_person(Role.COORDINATOR, "33"), auditor)


def harvest_xml(
    instance_id: str,
    *,
    village: str = SEMEDO,
    kilos: tuple[str, ...] = ("12.5", "7"),
    photo: str = "",
    replaces: str = "",
) -> bytes:
    """Write an entry of the form."""
    items = "".join(f"<wadah><kg>{kg}</kg></wadah>" for kg in kilos)
    before = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    name = NAME.replace("<", "&lt;")
    return (
        '<data id="panen" version="2026112101"><start>2026-11-21T08:00:00.000+07:00'
        f"</start><end>2026-11-21T08:05:00.000+07:00</end><village>{village}</village>"
        f"<no>A-12</no><name>{name}</name><nik>{NIK}</nik><phone>{PHONE}</phone>"
        f"<grade>a</grade>{items}<photo>{photo}</photo>"
        f"<meta><instanceID>{instance_id}</instanceID>{before}"
        "<instanceName>Panen A-12</instanceName></meta></data>"
    ).encode()


def store(name: str, content: bytes) -> ReceivedFile:
    """Put a file into the store, as a door does."""
    folder = current_app.config["FIELDAPP"].files_dir
    with file_store(folder).writer() as writer:
        writer.write(content)
        stored = writer.finish()
    return ReceivedFile(name, stored.digest, stored.size, "image/jpeg")


def fill(people: People) -> None:
    """Let the village live: entries with photos, a return, a correction, decisions."""
    sender, actor = people.facilitator, actor_of(people.coordinator)
    photo = store("1.jpg", b"\xff\xd8 first photo")
    deliver(sender, harvest_xml("uuid:a", photo="1.jpg"), files=(photo,))
    deliver(sender, harvest_xml("uuid:b", photo="2.jpg"))
    late = store("2.jpg", b"\xff\xd8 second photo")
    deliver(sender, harvest_xml("uuid:b", photo="2.jpg"), files=(late,))
    add_comment(actor, "uuid:a", "Tolong foto ulang.", questions=["/data/photo"])
    decide(actor, "uuid:a", DecisionKind.RETURN, revision_id="uuid:a", note=RETURNED)
    db.session.commit()
    better = store("3.jpg", b"\xff\xd8 better photo")
    edit = harvest_xml("uuid:a2", kilos=("12.5",), photo="3.jpg", replaces="uuid:a")
    deliver(sender, edit, files=(better,))
    decide(actor, "uuid:a", DecisionKind.APPROVE, revision_id="uuid:a2")
    decide(actor, "uuid:b", DecisionKind.REJECT, revision_id="uuid:b", note="Dobel.")
    db.session.commit()
    deliver(sender, harvest_xml("uuid:c"))
    moved = harvest_xml("uuid:c2", village=BUMISARI, replaces="uuid:c")
    deliver(sender, moved)


def ask(client: FlaskClient, headers: Headers, **body: Any) -> bytes:
    """Ask for a dossier of the village, and read it to its end."""
    response = client.post(
        f"/api/v1/areas/{SEMEDO}/dossier", json=body, headers=headers, buffered=True
    )
    assert response.status_code == 200, response.text
    assert int(response.headers["Content-Length"]) == len(response.data)
    return bytes(response.data)


def key() -> str:
    """Give the public key of the installation."""
    return public_text(ledger_key(current_app.config["FIELDAPP"].ledger_key_file))


def proved(dossier: bytes, *seen: Seen, trusted: str | None = None) -> Verdict:
    """Verify a dossier against the key of the installation."""
    return verify(io.BytesIO(dossier), key=trusted or key(), seen=seen)
