"""What the lists of a register cost: ``python -m bench.entities``.

A register of 10,000 and of 100,000 farmers in 50 villages of one regency, as two phones
see it: of one village, and of the whole regency. Then what approving costs with the
sheet ``entities`` and without.
"""

import statistics
from collections.abc import Callable
from time import perf_counter
from uuid import uuid4

from sqlalchemy import text

from bench.installation import Installation, installation
from fieldapp.extensions import db
from fieldapp.forms.publishing import publish_file
from fieldapp.identity.devices import issue_device
from fieldapp.identity.models import RoleGrant, User
from fieldapp.identity.permissions import Role
from fieldapp.identity.queries import load_actor
from fieldapp.places.models import Area
from fieldapp.review.models import DecisionKind
from fieldapp.review.service import decide
from fieldapp.submissions.delivery import Delivery
from fieldapp.submissions.intake import accept
from fieldapp.web.clock import now

SIZES = (10_000, 100_000)
VILLAGES = 50
VILLAGE = "33.02.16.2007"
REGENCY = "33.02"
ROUNDS = 20
APPROVALS = 100
NAMESPACE = 'fieldapp="http://fieldapp.id/xforms"'
REGISTRATION = f"""| survey |
| | type | name | label | {{save_to}} | bind::fieldapp:role |
| | text | desa | Desa | desa | village |
| | text | nama | Nama | nama | personal |
| | text | hp | HP | hp | |
| settings |
| | form_id | form_title | version | namespaces |
| | {{form_id}} | Daftar | 1 | {NAMESPACE} |
"""
SHEET = """| entities |
| | list_name | label |
| | petani | ${nama} |
"""
READING = f"""| survey |
| | type | name | label | bind::fieldapp:role |
| | text | desa | Desa | village |
| | select_one_from_file petani.csv | petani | Petani | subject |
| settings |
| | form_id | form_title | version | namespaces |
| | panen | Panen | 1 | {NAMESPACE} |
"""
FILL = """
insert into entity (id, register_name, area_code, state, version, label, values,
                    updated_at)
select gen_random_uuid(), 'petani',
       '33.02.16.' || (2007 + n % cast(:villages as int))::text, 'listed', 1,
       'Petani ' || n,
       jsonb_build_object('label', 'Petani ' || n, 'nama', 'Petani ' || n,
                          'hp', '0812' || n, 'desa', '33.02.16.2007'), now()
from generate_series(cast(:first as int), cast(:last as int)) n
"""
COUNT = """
insert into register_count
select 'petani', area_code, count(*) from entity group by area_code
on conflict (register_name, area_code) do update set number = excluded.number
"""


def main() -> None:
    """Fill a register step by step, and measure at each."""
    with installation() as place, place.app.app_context():
        _set_up()
        phones = {where: _phone(where) for where in (VILLAGE, REGENCY)}
        filled = 0
        for size in SIZES:
            _fill(filled + 1, size)
            filled = size
            for where, token in phones.items():
                _measure(place, size, where, token)
        plain, registering = _approvals("catatan"), _approvals("daftar")
        print(
            f"approval: {plain:.2f} ms without entities, {registering:.2f} ms with "
            f"one, ratio {registering / plain:.2f}"
        )


def _set_up() -> None:
    for number in range(VILLAGES):
        code = f"33.02.16.{2007 + number}"
        if db.session.get(Area, code) is None:
            sister = db.session.get_one(Area, VILLAGE)
            db.session.add(
                Area(
                    code=code,
                    parent_code=sister.parent_code,
                    level=sister.level,
                    kind=sister.kind,
                    name=code,
                    release_id=sister.release_id,
                )
            )
    db.session.commit()
    saving = REGISTRATION.format(form_id="daftar", save_to="save_to") + SHEET
    plain = REGISTRATION.format(form_id="catatan", save_to="hint")
    for source in (saving, plain, READING):
        publish_file(source.encode(), "form.md")
    db.session.commit()


def _person(role: Role, area_code: str) -> User:
    user = User(
        username=uuid4().hex,
        name="Bench",
        password_hash="x",  # noqa: S106 - Nobody signs in by it.
        is_active=True,
        created_at=now(),
    )
    db.session.add(user)
    db.session.flush()
    db.session.add(
        RoleGrant(
            user_id=user.id, role=role, area_code=area_code, granted_at=user.created_at
        )
    )
    db.session.commit()
    return user


def _phone(area_code: str) -> str:
    _, token = issue_device(_person(Role.FACILITATOR, area_code).id, "bench")
    db.session.commit()
    return token


def _fill(first: int, last: int) -> None:
    values = {"first": first, "last": last, "villages": VILLAGES}
    db.session.execute(text(FILL), values)
    db.session.execute(text(COUNT))
    db.session.commit()
    with db.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.execute(text("vacuum analyze entity"))
        connection.execute(text("vacuum analyze register_count"))


def _measure(place: Installation, size: int, where: str, token: str) -> None:
    client = place.app.test_client()
    base = f"/v1/key/{token}/forms/panen/v/1"
    first = client.get(f"{base}/files/petani.csv")
    etag = {"If-None-Match": first.headers["ETag"]}
    figures = {
        "manifest": _median(lambda: client.get(f"{base}/manifest").data),
        "list, unchanged": _median(
            lambda: client.get(f"{base}/files/petani.csv", headers=etag).data
        ),
        "list, whole": _median(
            lambda: client.get(f"{base}/files/petani.csv").data, rounds=3
        ),
    }
    rows = first.data.count(b"\n") - 1
    told = ", ".join(f"{name} {each:.2f} ms" for name, each in figures.items())
    print(
        f"{size} entities, phone of {where}: {rows} rows, {len(first.data)} B; {told}"
    )


def _median(deed: Callable[[], bytes], *, rounds: int = ROUNDS) -> float:
    """Give milliseconds."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        deed()
        times.append(1000 * (perf_counter() - start))
    return statistics.median(times)


def _approvals(form_id: str) -> float:
    """Send entries and approve each; gives milliseconds for each approval."""
    sender = load_actor(_person(Role.FACILITATOR, VILLAGE).id)
    reviewer = load_actor(_person(Role.COORDINATOR, VILLAGE).id)
    if sender is None or reviewer is None:
        raise LookupError(form_id)
    ids = [f"uuid:{uuid4()}" for _ in range(APPROVALS)]
    for id_ in ids:
        (outcome,) = accept(
            [Delivery(sender, _entry(form_id, id_), (), "openrosa", "bench", now())]
        )
        if outcome.problem is not None:
            raise outcome.problem

    times = []
    for id_ in ids:
        start = perf_counter()
        decide(reviewer, id_, DecisionKind.APPROVE, revision_id=id_)
        db.session.commit()
        times.append(1000 * (perf_counter() - start))
    return statistics.median(times)


def _entry(form_id: str, instance_id: str) -> bytes:
    entity = (
        f'<entity dataset="petani" id="{uuid4()}" create="1"><label>Siti</label>'
        "</entity>"
    )
    return (
        f'<data id="{form_id}" version="1"><desa>{VILLAGE}</desa><nama>Siti</nama>'
        f"<hp>0812</hp><meta>{entity * (form_id == 'daftar')}"
        f"<instanceID>{instance_id}</instanceID></meta></data>"
    ).encode()


if __name__ == "__main__":
    main()
