"""What Collect and Enketo send, by their sources, against a running server."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest

from fieldapp.extensions import db
from fieldapp.identity.device_passwords import new_nonce, password_of
from fieldapp.identity.devices import revoke_device
from fieldapp.identity.permissions import Role
from fieldapp.identity.queries import load_actor
from tests.authoring.conftest import form_file
from tests.e2e.conftest import COUNTRY, sign_in, villages
from tests.e2e.installation import Installation
from tests.e2e.replaying import Account, Replay, names, read_sequence
from tests.factories import make_device, make_grant, make_user
from tests.openrosa.phone import body_of

DRAFT = "percobaan"
LONG_AGO = 30 * 3600
"""Seconds; a nonce is good for some hours."""


@dataclass(frozen=True)
class Setup:
    """An account, and how its phone is revoked."""

    account: Account
    revoke: Callable[[], None] = lambda: None


@pytest.fixture(scope="module")
def draft(place: Installation) -> Account:
    """The address of a draft."""
    author = sign_in(place, Role.ADMINISTRATOR, COUNTRY)
    source = form_file("7", setoran=DRAFT)
    body = body_of([("form", "form.md", "text/markdown", source)], "b1")
    kind = {"Content-Type": "multipart/form-data; boundary=b1"}
    answer = author.post("/drafts", body, **kind)
    assert answer.status == 201, answer.body
    return Account(f"/v1/draft/{answer.json['server_url'].rpartition('/')[2]}")


def set_up(place: Installation, signing: str, draft: Account) -> Setup:
    """Set up a phone as a sequence wants it."""
    if signing == "draft":
        return Setup(draft)
    if signing == "elsewhere":
        return Setup(Account(f"/v1/key/{uuid4().hex}/projects/7"))
    with place.app.app_context():
        user = make_user()
        for code in villages():
            make_grant(user, Role.FACILITATOR, code)
        device, token = make_device(user)
        password = password_of(place.app.config["FIELDAPP"].secret_key, device.id)
        account = Account("/v1", user.username, password)
        ids = user.id, device.id
        db.session.remove()

    def revoke() -> None:
        with place.app.app_context():
            owner = load_actor(ids[0])
            assert owner is not None
            revoke_device(owner, ids[1])
            db.session.commit()

    token_account = Account(f"/v1/key/{token}")
    return Setup(account if signing == "digest" else token_account, revoke)


def stands(place: Installation, instance_id: str) -> dict[str, int]:
    """Count the revisions of an entry, and the files of this revision."""
    counted = "select count(*) from revision where submission_id in"
    mine = "(select submission_id from revision where id = %s)"
    files = (
        "select count(*) from attachment where revision_id = %s and digest is not null"
    )
    (revisions,) = place.rows(f"{counted} {mine}", instance_id)
    (stored,) = place.rows(files, instance_id)
    return {"revisions": int(str(revisions[0])), "files": int(str(stored[0]))}


@pytest.mark.parametrize("name", names())
def test_a_sequence_ends_as_its_client_expects(
    place: Installation, draft: Account, name: str
) -> None:
    sequence = read_sequence(name)
    phone = set_up(place, sequence.get("signing", "token"), draft)
    replay = Replay(sequence, place.port, phone.account)
    secret = place.app.config["FIELDAPP"].secret_key
    replay.known["old nonce"] = new_nonce(secret, time.time() - LONG_AGO)

    for step in sequence["steps"]:
        if step.get("do") == "revoke":
            phone.revoke()
        else:
            replay.play(step)
    replay.line.close()

    for entry, expected in sequence.get("then", {}).items():
        instance_id = replay.entries[entry].id
        assert stands(place, instance_id) == expected
        held = "select 1 from held_entry where instance_id = %s"
        assert place.rows(held, instance_id) == []
