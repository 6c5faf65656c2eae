"""What tests need, made with defaults; everything is committed where it is made."""

from functools import cache
from itertools import count

from fieldapp.extensions import db
from fieldapp.identity.devices import issue_device
from fieldapp.identity.models import Device, RoleGrant, User
from fieldapp.identity.passwords import hash_password
from fieldapp.identity.permissions import Actor, Role
from fieldapp.identity.queries import load_actor
from fieldapp.identity.tokens import start_family
from fieldapp.places.codes import lineage
from fieldapp.places.models import COUNTRY, Area, AreaRelease
from fieldapp.programmes.models import Programme
from fieldapp.web import clock

RELEASE = "test"
PASSWORD = "kopi-gula-kelapa"

SEMEDO = "33.02.16.2007"
BUMISARI = "33.03.14.2013"
TAJURHALANG = "32.01.28.2004"
BANYUMAS = "33.02"
JAWA_TENGAH = "33"

NAMES = {
    COUNTRY: "Indonesia",
    "32": "Jawa Barat",
    "32.01": "Kabupaten Bogor",
    "32.01.28": "Cijeruk",
    TAJURHALANG: "Tajurhalang",
    JAWA_TENGAH: "Jawa Tengah",
    BANYUMAS: "Kabupaten Banyumas",
    "33.02.16": "Pekuncen",
    SEMEDO: "Semedo",
    "33.03": "Kabupaten Purbalingga",
    "33.03.14": "Bojongsari",
    BUMISARI: "Bumisari",
}
KINDS = ("negara", "provinsi", "kabupaten", "kecamatan", "desa")

_numbers = count(1)

Headers = dict[str, str]


def make_area(code: str = SEMEDO, *, name: str | None = None) -> Area:
    """Make a place and all above it, unless they are there."""
    if found := db.session.get(Area, code):
        return found
    if db.session.get(AreaRelease, RELEASE) is None:
        db.session.add(AreaRelease(id=RELEASE, decree="test", effective_on=None))
        db.session.flush()
    for place in reversed(lineage(code)):
        if db.session.get(Area, place) is None:
            level = 0 if place == COUNTRY else place.count(".") + 1
            area = Area(
                code=place,
                parent_code=None if place == COUNTRY else lineage(place)[1],
                level=level,
                kind=KINDS[level],
                name=name if name and place == code else NAMES.get(place, place),
                release_id=RELEASE,
            )
            db.session.add(area)
            db.session.flush()
    db.session.commit()
    return db.session.get_one(Area, code)


def make_user(
    username: str | None = None, *, name: str = "Siti", is_active: bool = True
) -> User:
    """Make a person whose password is ``PASSWORD`` and who has no role."""
    user = User(
        username=username or f"orang{next(_numbers)}",
        name=name,
        password_hash=_hash(),
        is_active=is_active,
        created_at=clock.now(),
    )
    db.session.add(user)
    db.session.commit()
    return user


def make_grant(
    user: User,
    role: Role = Role.FACILITATOR,
    area_code: str = SEMEDO,
    *,
    programme_id: str | None = None,
) -> RoleGrant:
    """Give a person a role on an area, which is made where it is missing."""
    make_area(area_code)
    if programme_id and db.session.get(Programme, programme_id) is None:
        db.session.add(Programme(id=programme_id, name=programme_id))
        db.session.flush()
    grant = RoleGrant(
        user_id=user.id,
        role=role,
        area_code=area_code,
        programme_id=programme_id,
        granted_at=clock.now(),
    )
    db.session.add(grant)
    db.session.commit()
    return grant


def make_person(
    role: Role, area_code: str = SEMEDO, *, programme_id: str | None = None
) -> User:
    """Make a person who has one role on one area."""
    user = make_user()
    make_grant(user, role, area_code, programme_id=programme_id)
    return user


def make_device(user: User, label: str = "HP Siti") -> tuple[Device, str]:
    """Make a phone of a person, and the token in its address."""
    device, token = issue_device(user.id, label)
    db.session.commit()
    return device, token


def actor_of(user: User) -> Actor:
    """Give the person as services take them."""
    actor = load_actor(user.id)
    assert actor is not None
    return actor


def auth_headers(user: User) -> Headers:
    """Sign a person in: the header of their requests."""
    pair = start_family(user.id)
    db.session.commit()
    return {"Authorization": f"Bearer {pair.access_token}"}


@cache
def _hash() -> str:
    return hash_password(PASSWORD)
