"""A phone's life in each update mode, while forms, roles and the server change."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select, text

from fieldapp.extensions import db
from fieldapp.forms.models import Form, FormState, FormVersion
from fieldapp.forms.publishing import publish_file, set_state
from fieldapp.identity.models import Device, RoleGrant
from fieldapp.identity.permissions import Role
from fieldapp.places.listing import villages_csv
from fieldapp.web import clock
from tests.e2e.collect import Collect, FetchError, Mode
from tests.e2e.conftest import villages
from tests.e2e.installation import Installation, start_postgres
from tests.entries import FORM
from tests.factories import make_device, make_grant, make_user

PROGRAMME = "hidup-hp"
DEEDS = 40
PLAIN = """| survey |
| | type | name | label | bind::fieldapp:role |
| | text | village | Desa | village |
| settings |
| | form_id | form_title | version | programme | namespaces |
| | {form_id} | Catatan & <lain> | {version} | {programme} | fieldapp="{space}" |
"""
SPACE = "http://fieldapp.id/xforms"


@dataclass
class Office:
    """Who publishes, moves people about, and revokes phones; and what breaks."""

    place: Installation
    mode: Mode
    chance: random.Random
    versions: int = 0
    offered: set[str] = field(default_factory=set)
    areas: list[str] = field(default_factory=list)
    owner: object = None

    @property
    def form_ids(self) -> list[str]:
        """Name the forms; one of them has no files."""
        return [f"hidup_{self.mode}_{name}" for name in ("a", "b", "catatan")]

    def hire(self) -> str:
        """Make a facilitator with a phone; give where the phone is set."""
        user = make_user()
        self.owner = user.id
        self.assign()
        return f"/v1/key/{make_device(user)[1]}"

    def publish(self, form_id: str | None = None) -> None:
        """Publish the next version of a form."""
        form_id = form_id or self.chance.choice(self.form_ids)
        self.versions += 1
        publish_file(self._source(form_id, str(self.versions)).encode(), "form.md")
        db.session.commit()
        self.offered.add(form_id)

    def retire(self) -> None:
        """Take a form from all phones."""
        if self.offered:
            form_id = self.chance.choice(sorted(self.offered))
            self._set(form_id, FormState.RETIRED)
            self.offered.remove(form_id)

    def reopen(self) -> None:
        """Offer a form again."""
        gone = set(self.form_ids) - self.offered
        known = db.session.scalars(select(Form.id).where(Form.id.in_(gone))).all()
        if known:
            form_id = self.chance.choice(sorted(known))
            self._set(form_id, FormState.OPEN)
            self.offered.add(form_id)

    def assign(self) -> None:
        """Give the owner other areas: the list of villages is another one."""
        self._take_roles()
        self.areas = self.chance.sample(villages(), self.chance.randint(1, 4))
        for code in self.areas:
            make_role(self.owner, code)

    @contextmanager
    def without_role(self) -> Iterator[None]:
        """Take all the owner's roles for a while."""
        self._take_roles()
        try:
            yield
        finally:
            for code in self.areas:
                make_role(self.owner, code)

    @contextmanager
    def revoked(self) -> Iterator[None]:
        """Revoke the phone for a while, as if by mistake."""
        device = db.session.scalars(select(Device).filter_by(user_id=self.owner)).one()
        device.revoked_at = clock.now()
        db.session.commit()
        try:
            yield
        finally:
            db.session.get_one(Device, device.id).revoked_at = None
            db.session.commit()

    @contextmanager
    def without_table(self) -> Iterator[None]:
        """Make the server fail inside: a table has another name."""
        name = self.chance.choice(["form_version", "role_grant", "form"])
        db.session.execute(text(f"alter table {name} rename to {name}_gone"))
        db.session.commit()
        try:
            yield
        finally:
            db.session.execute(text(f"alter table {name}_gone rename to {name}"))
            db.session.commit()

    @contextmanager
    def uncompilable(self) -> Iterator[None]:
        """Let a form's newest version be one that the engine cannot read."""
        self.publish()
        newest = select(FormVersion).order_by(FormVersion.id.desc()).limit(1)
        version = db.session.scalars(newest).one()
        id_, xml = version.id, version.xml
        version.xml = b"<h:html"
        db.session.commit()
        try:
            yield
        finally:
            db.session.get_one(FormVersion, id_).xml = xml
            db.session.commit()

    @contextmanager
    def database_away(self) -> Iterator[None]:
        """Kill PostgreSQL."""
        db.session.remove()
        self.place.kill_postgres()
        try:
            yield
        finally:
            start_postgres(self.place.postgres)

    def newest(self) -> dict[str, str]:
        """Give the hash of each offered form's newest version."""
        statement = (
            select(FormVersion.form_id, FormVersion.md5)
            .where(FormVersion.form_id.in_(self.offered))
            .order_by(FormVersion.id)
        )
        return dict(db.session.execute(statement).all())

    def close(self) -> None:
        """Leave no form of this office to other tests."""
        for form_id in list(self.offered):
            self._set(form_id, FormState.RETIRED)

    def _set(self, form_id: str, state: FormState) -> None:
        form = db.session.get_one(Form, form_id)
        set_state(form, state, changed_by=None, reason="Percobaan.")
        db.session.commit()

    def _take_roles(self) -> None:
        for grant in db.session.scalars(
            select(RoleGrant).filter_by(user_id=self.owner, revoked_at=None)
        ):
            grant.revoked_at = clock.now()
        db.session.commit()

    def _source(self, form_id: str, version: str) -> str:
        if form_id.endswith("catatan"):
            return PLAIN.format(
                form_id=form_id, version=version, programme=PROGRAMME, space=SPACE
            )
        source = FORM.read_text().replace(
            "| namespaces |", "| namespaces | programme |"
        )
        source = source.replace(
            "{{namespaces}} |", f'fieldapp="{SPACE}" | {PROGRAMME} |'
        )
        source = source.replace("| setoran |", f"| {form_id} |")
        return source.replace("{{version}}", version)


def make_role(user_id: object, code: str) -> None:
    """Let a person send entries from an area, of the forms of this test alone."""
    db.session.add(
        RoleGrant(
            user_id=user_id,
            role=Role.FACILITATOR,
            area_code=code,
            programme_id=PROGRAMME,
            granted_at=clock.now(),
        )
    )
    db.session.commit()


@pytest.fixture(params=list(Mode))
def office(place: Installation, request: pytest.FixtureRequest) -> Iterator[Office]:
    mode: Mode = request.param
    with place.app.app_context():
        office = Office(place, mode, random.Random(f"7 {mode}"))  # noqa: S311 - A life, no secret.
        make_grant(make_user(), programme_id=PROGRAMME)
        yield office
        office.close()
        db.session.remove()


def agrees(phone: Collect, office: Office) -> None:
    """Compare what the phone shows with what is offered, by its mode."""
    newest = office.newest()
    mine = {form.form_id for form in phone.visible.values()}
    current = {
        form.form_id for key, form in phone.visible.items() if key in newest.values()
    }
    if phone.mode is Mode.MATCH_EXACTLY:
        assert mine == set(newest)
    if phone.mode is Mode.MANUAL:
        assert mine >= set(newest)
    assert current == mine & set(newest)
    for form_id, key in newest.items():
        if form_id in mine and not form_id.endswith("catatan"):
            listed = {"villages.csv": villages_csv(office.areas)}
            assert phone.forms[key].files == listed


def fails(phone: Collect) -> None:
    """Let the phone look for forms in vain: all it has stays as it was."""
    before = dict(phone.visible)

    with pytest.raises(FetchError):
        phone.refresh()

    assert phone.visible == before


def settles(phone: Collect, office: Office) -> None:
    """Let the phone look for forms until it agrees; then nothing is ever new."""
    phone.refresh()
    agrees(phone, office)
    assert phone.refresh() == []


def test_a_phone_always_ends_with_the_right_forms_and_never_loses_one(
    office: Office,
) -> None:
    phone = Collect(office.place.port, office.hire(), office.mode)
    for form_id in office.form_ids:
        office.publish(form_id)
    phone.mode = Mode.MANUAL
    settles(phone, office)
    phone.mode = office.mode
    changes: list[Callable[[], None]] = [
        office.publish,
        office.assign,
        office.retire,
        office.reopen,
    ]
    faults = [
        office.without_role,
        office.revoked,
        office.without_table,
        office.uncompilable,
    ]

    for number in range(DEEDS):
        if office.offered and number % 4 == 3:
            with office.chance.choice(faults)():
                fails(phone)
        else:
            office.chance.choice(changes)()
        if number % 5 == 2:
            # Between the list and the downloads something is published.
            phone.after_list = office.publish
            phone.refresh()
            phone.after_list = lambda: None
        for form in phone.forms.values():
            form.has_records = form.has_records or office.chance.random() < 0.2
        settles(phone, office)
    with office.database_away():
        fails(phone)
    until_the_database_is_back(phone)
    settles(phone, office)


def until_the_database_is_back(phone: Collect) -> None:
    """Let connections that died be noticed, one failure each at most."""
    for _ in range(100):
        try:
            phone.refresh()
        except FetchError:
            continue
        return
