"""Two forms that share a register of farmers, and entries of them as Collect sends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlalchemy import select

from fieldapp.entities.models import Entity, EntityChange
from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.review.models import DecisionKind
from fieldapp.review.service import decide
from fieldapp.submissions.models import Submission
from tests.factories import SEMEDO, actor_of
from tests.form_factories import publish_form
from tests.openrosa.phone import Phone, xml_part

NAMESPACE = 'fieldapp="http://fieldapp.id/xforms"'
REGISTRATION = f"""| survey |
| | type | name | label | save_to | bind::fieldapp:role |
| | text | desa | Desa | desa | village |
| | text | nama | Nama | petani#nama | personal |
| | text | hp | HP | petani#hp | |
| | begin_repeat | lahan | Lahan | | |
| | text | blok | Blok | lahan#blok | |
| | end_repeat | | | | |
| settings |
| | form_id | form_title | version | namespaces |
| | daftar_petani | Daftar petani | 1 | {NAMESPACE} |
| entities |
| | list_name | label |
| | petani | ${{nama}} |
| | lahan | ${{blok}} |
""".replace("| desa | village |", "| petani#desa | village |")
FOLLOW_UP = f"""| survey |
| | type | name | label | save_to | bind::fieldapp:role |
| | text | desa | Desa | | village |
| | select_one_from_file petani.csv | petani | Petani | | subject |
| | text | hp | HP | hp | |
| | text | luas | Luas | luas | |
| settings |
| | form_id | form_title | version | namespaces |
| | kunjungan | Kunjungan | 1 | {NAMESPACE} |
| entities |
| | list_name | entity_id |
| | petani | ${{petani}} |
"""
READING = f"""| survey |
| | type | name | label | bind::fieldapp:role |
| | text | desa | Desa | village |
| | select_one_from_file petani.csv | petani | Petani | subject |
| settings |
| | form_id | form_title | version | namespaces |
| | panen | Panen | 1 | {NAMESPACE} |
"""


def publish_forms() -> None:
    """Publish the registration, the follow-up, and a form that only chooses."""
    for source in (REGISTRATION, FOLLOW_UP, READING):
        publish_form(source)


@dataclass
class Farmer:
    """A farmer as a phone registers them."""

    id: str = field(default_factory=lambda: str(uuid4()))
    label: str = "Siti Aminah"
    phone: str = "0812"
    village: str = SEMEDO
    plots: Mapping[str, str] = field(default_factory=dict)
    """Blocks by the id of their plot."""

    def xml(self, instance_id: str) -> bytes:
        """Write the registration."""
        plots = "".join(
            f"<lahan><blok>{block}</blok><meta>{created('lahan', id_, block)}</meta>"
            "</lahan>"
            for id_, block in self.plots.items()
        )
        return (
            '<data id="daftar_petani" version="1">'
            f"<desa>{self.village}</desa><nama>{self.label}</nama><hp>{self.phone}</hp>"
            f"{plots}<meta>{created('petani', self.id, self.label)}"
            f"<instanceID>{instance_id}</instanceID></meta></data>"
        ).encode()


def created(register: str, entity_id: str, label: str) -> str:
    """Write the element that makes an entity."""
    return (
        f'<entity dataset="{register}" id="{entity_id}" create="1">'
        f"<label>{label}</label></entity>"
    )


def visit_xml(
    instance_id: str,
    entity_id: str,
    *,
    base: str = "1",
    trunk: str = "",
    branch: str = "",
    village: str = SEMEDO,
    **answers: str,
) -> bytes:
    """Write a visit that changes a farmer, as the phone made it on a version."""
    given = "".join(f"<{name}>{text}</{name}>" for name, text in answers.items())
    return (
        f'<data id="kunjungan" version="1"><desa>{village}</desa>'
        f"<petani>{entity_id}</petani>{given}<meta>"
        f'<entity dataset="petani" id="{entity_id}" update="1" baseVersion="{base}" '
        f'trunkVersion="{trunk}" branchId="{branch}"/>'
        f"<instanceID>{instance_id}</instanceID></meta></data>"
    ).encode()


def send(phone: Phone, xml: bytes) -> None:
    """Send an entry as Collect does; it must be taken."""
    response = phone.post(xml_part(xml))
    assert response.status_code == 201, response.data


def decide_on(
    coordinator: User, instance_id: str, kind: DecisionKind = DecisionKind.APPROVE
) -> None:
    """Decide about the current revision of an entry."""
    submission = db.session.scalars(
        select(Submission).where(Submission.id == instance_id)
    ).one()
    decide(
        actor_of(coordinator),
        instance_id,
        kind,
        revision_id=submission.revision_id,
        note="Sudah diperiksa.",
        override=kind is DecisionKind.APPROVE,
    )
    db.session.commit()


def entity(entity_id: str) -> Entity:
    """Read an entity as it stands in the database."""
    return db.session.get_one(Entity, UUID(entity_id), populate_existing=True)


def values_of(entity_id: str) -> dict[str, str]:
    """Read its label and properties."""
    return dict(entity(entity_id).values)


def changes(instance_id: str) -> list[tuple[str, str | None]]:
    """Read what became of what an entry asks for."""
    rows = db.session.scalars(
        select(EntityChange)
        .where(EntityChange.submission_id == instance_id)
        .order_by(EntityChange.position)
    )
    return [(row.state.value, row.reason) for row in rows]
