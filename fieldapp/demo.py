"""A small demo: invented people and entries, marked as such for ever.

What the demo's hand-overs add up to agrees with the published figures (domain.md,
2.3): Semedo was given 600 m² of tiles.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.devices import issue_device
from fieldapp.identity.models import User
from fieldapp.identity.people import NewPerson, add_grant, add_person
from fieldapp.identity.permissions import Actor, Grant, Role
from fieldapp.identity.queries import find_device_actor, load_actor
from fieldapp.places.models import COUNTRY
from fieldapp.review.models import DecisionKind
from fieldapp.review.service import decide
from fieldapp.submissions.delivery import Delivery, Outcome
from fieldapp.submissions.intake import accept
from fieldapp.submissions.known import stored_revisions
from fieldapp.submissions.models import Submission, SubmissionState
from fieldapp.submissions.record import DEMO_CLIENT
from fieldapp.web.clock import now

ENTRIES = Path(__file__).parent / "demo_entries"

SEMEDO = "33.02.16.2007"
BUMISARI = "33.03.14.2013"
TAJURHALANG = "32.01.28.2004"
SINGKAWANG = "61.72"
JAWA_TENGAH = "33"

PHONE = "HP contoh / demo phone"


INSTANCE_ID = re.compile(rb"<instanceID>([^<]+)</instanceID>")

PLOTS_NOTE = (
    "Jumlah luas lahan lebih besar dari luas seluruh lahan anggota. Ukur ulang lahan "
    "kedua, lalu kirim lagi."
)

DECISIONS: dict[str, tuple[DecisionKind, str | None]] = {
    "batik-sedau": (DecisionKind.APPROVE, None),
    "farmer-semedo": (DecisionKind.APPROVE, None),
    "farmer-semedo-plots": (DecisionKind.RETURN, PLOTS_NOTE),
    "handover-boxes-semedo": (DecisionKind.APPROVE, None),
    "handover-tiles-semedo": (DecisionKind.APPROVE, None),
    "sugar-bumisari": (DecisionKind.APPROVE, None),
    "sugar-semedo": (DecisionKind.APPROVE, None),
}
"""What the coordinator of the demo has decided; the other entries wait."""


@dataclass(frozen=True)
class DemoPerson:
    """An invented person, whose password everybody knows."""

    username: str
    name: str
    role: Role
    area_codes: tuple[str, ...]

    @property
    def password(self) -> str:
        """Give the password, which `fieldapp run` prints."""
        return f"{self.username}-contoh"


FACILITATOR = DemoPerson(
    "fasilitator",
    "Wahyuni (contoh)",
    Role.FACILITATOR,
    (SEMEDO, BUMISARI, TAJURHALANG, SINGKAWANG),
)
COORDINATOR = DemoPerson(
    "koordinator",
    "Bambang (contoh)",
    Role.COORDINATOR,
    ("33.02", "33.03", "32.01", SINGKAWANG),
)
PEOPLE = (
    FACILITATOR,
    COORDINATOR,
    DemoPerson("auditor", "Ratna (contoh)", Role.AUDITOR, (JAWA_TENGAH,)),
    DemoPerson("admin", "Dewi (contoh)", Role.ADMINISTRATOR, (COUNTRY,)),
)


def add_people() -> None:
    """Open the demo's accounts, unless they are there; a changed role stays changed."""
    for person in PEOPLE:
        if _find(person) is not None:
            continue
        user = add_person(
            NewPerson(person.username, person.name, person.password, is_demo=True)
        )
        for code in person.area_codes:
            add_grant(user.id, Grant(person.role, code), by=None)


def phone_token(kept: Path) -> str:
    """Give the token of the demo's phone: the kept one, while it is good."""
    if kept.exists():
        token = kept.read_text().strip()
        if find_device_actor(token) is not None:
            return token
    user = db.session.scalars(
        select(User).where(User.username == FACILITATOR.username)
    ).one()
    _, token = issue_device(user.id, PHONE)
    kept.touch(mode=0o600)
    kept.write_text(f"{token}\n")
    return token


def send_entries() -> list[Outcome]:
    """Send the demo's entries through the real intake, but for those that are there.

    An older demo sent them for older versions of the forms; those stand.
    """
    deliveries = list(_deliveries(_actor(FACILITATOR)))
    known = stored_revisions(_id_of(each.xml) for each in deliveries)
    return accept([each for each in deliveries if _id_of(each.xml) not in known])


def decide_entries() -> int:
    """Decide about the demo's entries as its coordinator, through the real review."""
    actor = _actor(COORDINATOR)
    decided = 0
    for name, (kind, note) in DECISIONS.items():
        submission = db.session.get(Submission, _instance_id(name))
        if submission is None or submission.state is not SubmissionState.RECEIVED:
            continue
        revision_id = submission.revision_id
        decide(actor, submission.id, kind, revision_id=revision_id, note=note)
        decided += 1
    return decided


def _instance_id(name: str) -> str:
    return _id_of((ENTRIES / f"{name}.xml").read_bytes())


def _id_of(xml: bytes) -> str:
    found = INSTANCE_ID.search(xml)
    assert found is not None  # noqa: S101 - The demo's own files have one.
    return found[1].decode()


def _deliveries(actor: Actor) -> Iterator[Delivery]:
    for path in sorted(ENTRIES.glob("*.xml")):
        yield Delivery(
            actor=actor,
            xml=path.read_bytes(),
            files=(),
            door="openrosa",
            client=DEMO_CLIENT,
            received_at=now(),
        )


def _find(person: DemoPerson) -> User | None:
    return db.session.scalar(select(User).where(User.username == person.username))


def _actor(person: DemoPerson) -> Actor:
    user = db.session.scalars(
        select(User).where(User.username == person.username)
    ).one()
    actor = load_actor(user.id)
    assert actor is not None  # noqa: S101 - The account was opened active just now.
    return actor
