import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from fieldapp.config import ConfigError, MailSecurity, from_env
from fieldapp.extensions import db
from fieldapp.forms.models import Form
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.notices import digests, mailing
from fieldapp.notices.mailing import send_next_digest
from fieldapp.notices.models import DigestFrequency, DigestSubscription, MailError
from fieldapp.notices.subscriptions import next_due, subscribe
from fieldapp.programmes.models import Programme
from fieldapp.review.models import DecisionKind
from fieldapp.review.service import decide
from tests.entries import deliver, entry_xml, publish_small_form
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    SEMEDO,
    actor_of,
    auth_headers,
    make_grant,
    make_person,
    make_user,
)
from tests.notices.conftest import Clock
from tests.notices.mailbox import Mailbox, mailbox

DAILY, WEEKLY = DigestFrequency.DAILY, DigestFrequency.WEEKLY
DAY = timedelta(days=1)
URL = "https://data.example.org"


@pytest.fixture
def box(application: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with mailbox() as listening:
        use(application, monkeypatch, listening)
        yield listening


def use(app: Flask, monkeypatch: pytest.MonkeyPatch, box: Mailbox) -> None:
    config = replace(app.config["FIELDAPP"], mail=box.mail, public_url=URL)
    monkeypatch.setitem(app.config, "FIELDAPP", config)


def want(user: User, frequency: DigestFrequency = DAILY) -> None:
    subscribe(actor_of(user), f"{user.username}@example.org", frequency)
    db.session.commit()


def work() -> int:
    number = 0
    while send_next_digest():
        number += 1
    return number


def stored(user: User) -> DigestSubscription:
    return db.session.get_one(DigestSubscription, user.id, populate_existing=True)


def review(reviewer: User, instance_id: str, kind: DecisionKind) -> None:
    decide(
        actor_of(reviewer),
        instance_id,
        kind,
        revision_id=instance_id,
        note="Timbang ulang, Bu Sri.",
    )
    db.session.commit()


def text_of(box: Mailbox) -> str:
    (letter,) = box.letters
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def html_of(box: Mailbox) -> str:
    body = box.letters[0].get_body(("html",))
    assert body is not None
    return str(body.get_content())


def line(text: str, start: str) -> list[str]:
    """Give the numbers of the line of a table that begins so."""
    found = next(each for each in text.splitlines() if each.startswith(start))
    return re.split(r"\s{2,}", found)[1:]


def test_a_coordinators_digest_counts_each_village_of_their_area(
    facilitator: User, coordinator: User, box: Mailbox, time_machine: Clock
) -> None:
    make_grant(facilitator, Role.FACILITATOR, BUMISARI)
    chief = make_person(Role.COORDINATOR, "33")
    want(chief)
    for number in range(4):
        deliver(facilitator, entry_xml(f"uuid:{number}"))
    deliver(facilitator, entry_xml(village=BUMISARI))
    deliver(facilitator, entry_xml(village="99.99.99.9999"))
    review(coordinator, "uuid:0", DecisionKind.RETURN)
    review(coordinator, "uuid:1", DecisionKind.APPROVE)
    assert work() == 0

    time_machine.ahead += DAY
    assert work() == 1

    text = text_of(box)
    assert line(text, f"Semedo ({SEMEDO})") == ["2", "4", "1", "1"]
    assert line(text, f"Bumisari ({BUMISARI})") == ["1", "1", "0", "0"]
    assert line(text, "Jumlah") == ["3", "5", "1", "1"]
    assert "tertahan dan menunggu keputusan: 1" in text
    assert URL in text
    for part in ("<td", URL, "Semedo", "Jumlah"):
        assert part in html_of(box)
    (letter,) = box.letters
    assert letter["To"] == f"{chief.username}@example.org"
    assert letter["Subject"].startswith("Fieldapp: Ringkasan harian, 20")


def test_nobody_else_is_named_and_no_answer_is_told(
    facilitator: User, coordinator: User, box: Mailbox, time_machine: Clock
) -> None:
    facilitator.name = "Wahyuni Rahasia"
    db.session.commit()
    want(coordinator)
    want(facilitator)
    deliver(facilitator, entry_xml("uuid:a"))
    review(coordinator, "uuid:a", DecisionKind.RETURN)
    time_machine.ahead += DAY
    assert work() == 2

    for letter in box.letters:
        whole = letter.as_string()
        for secret in ("Wahyuni", "Rahasia", "Bu Sri", "Timbang", "12.5", "uuid:"):
            assert secret not in whole


def test_a_coordinator_is_told_nothing_of_other_areas_or_programmes(
    facilitator: User, box: Mailbox, time_machine: Clock
) -> None:
    elsewhere = make_person(Role.COORDINATOR, BUMISARI)
    outside = make_person(Role.COORDINATOR, BANYUMAS, programme_id="desa-wisata")
    db.session.add(Programme(id="desa-devisa", name="Desa Devisa"))
    db.session.flush()
    db.session.execute(update(Form).values(programme_id="desa-devisa"))
    db.session.commit()
    for user in (elsewhere, outside, make_user()):
        want(user)
    deliver(facilitator, entry_xml())
    time_machine.ahead += DAY

    assert work() == 3
    assert box.letters == []


def test_a_facilitators_digest_counts_what_is_to_be_corrected(
    facilitator: User, coordinator: User, box: Mailbox, time_machine: Clock
) -> None:
    want(facilitator)
    for number in range(3):
        deliver(facilitator, entry_xml(f"uuid:{number}"))
        review(coordinator, f"uuid:{number}", DecisionKind.RETURN)
    deliver(facilitator, entry_xml("uuid:b", deprecated_id="uuid:0"))
    deliver(facilitator, entry_xml("uuid:c", deprecated_id="uuid:1"))
    review(coordinator, "uuid:c", DecisionKind.RETURN)
    time_machine.ahead += DAY
    work()

    text = text_of(box)
    assert "perlu diperbaiki" in text
    assert ": 2 entri, 3 alasan" in text
    assert "Menunggu" not in text


def test_english_is_written_for_who_reads_it(
    facilitator: User, coordinator: User, box: Mailbox, time_machine: Clock
) -> None:
    coordinator.language = "en"
    db.session.commit()
    want(coordinator, WEEKLY)
    deliver(facilitator, entry_xml())
    time_machine.ahead += 7 * DAY
    work()

    assert line(text_of(box), "Village") == ["Waiting", "Came", "Returned", "Approved"]
    assert box.letters[0]["Subject"].startswith("Fieldapp: Weekly digest")


def test_a_long_list_is_cut_and_its_total_is_not(
    facilitator: User,
    coordinator: User,
    box: Mailbox,
    time_machine: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(digests, "MAX_VILLAGES", 1)
    make_grant(facilitator, Role.FACILITATOR, BUMISARI)
    make_grant(coordinator, Role.COORDINATOR, BUMISARI)
    want(coordinator)
    deliver(facilitator, entry_xml(village=BUMISARI))
    for _ in range(2):
        deliver(facilitator, entry_xml())
    time_machine.ahead += DAY
    work()

    assert "Bumisari" not in text_of(box)
    assert "dan 1 desa lain" in text_of(box)
    assert line(text_of(box), "Jumlah")[0] == "3"


def test_once_a_day_and_each_entry_in_one_digest_only(
    facilitator: User, coordinator: User, box: Mailbox, time_machine: Clock
) -> None:
    want(coordinator)
    came = []
    for number in range(1, 4):
        for _ in range(number):
            deliver(facilitator, entry_xml(), received_at=time_machine())
        for _ in range(24):
            time_machine.ahead += timedelta(hours=1)
            work()
        came.append(line(text_of(box), "Jumlah")[1])
        box.letters.clear()

    assert came == ["1", "2", "3"]


def test_what_the_mail_server_does_not_take_is_tried_again(
    facilitator: User, coordinator: User, box: Mailbox, time_machine: Clock
) -> None:
    want(coordinator)
    deliver(facilitator, entry_xml())
    box.answers = ["451 Greylisted", "451 Greylisted"]
    time_machine.ahead += DAY
    assert work() == 1
    assert (stored(coordinator).last_error, stored(coordinator).tries) == (
        MailError.SERVER,
        1,
    )
    for minutes in (1, 5, 10, 20):
        time_machine.ahead += timedelta(minutes=minutes)
        work()

    assert len(box.letters) == 1
    assert stored(coordinator).last_error is None
    assert stored(coordinator).sent_at is not None


def test_an_address_that_is_refused_for_good_waits_for_the_next_period(
    facilitator: User, coordinator: User, box: Mailbox, time_machine: Clock
) -> None:
    want(coordinator)
    deliver(facilitator, entry_xml())
    box.answers = ["550 No such user"]
    time_machine.ahead += DAY
    work()
    time_machine.ahead += timedelta(hours=10)
    assert work() == 0

    assert box.letters == []
    assert stored(coordinator).last_error is MailError.RECIPIENT_REFUSED


def test_a_worker_killed_after_sending_sends_the_same_letter_again(
    facilitator: User,
    coordinator: User,
    box: Mailbox,
    time_machine: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    want(coordinator)
    deliver(facilitator, entry_xml())
    time_machine.ahead += DAY

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(mailing, "_note", die)
        with pytest.raises(SystemExit):
            send_next_digest()
    db.session.rollback()
    assert work() == 0

    time_machine.ahead += mailing.LEASE
    assert work() == 1
    assert len({letter["Message-ID"] for letter in box.letters}) == 1
    assert len(box.letters) == 2


def test_several_workers_send_each_digest_once(
    committed_app: Flask, box: Mailbox, time_machine: Clock
) -> None:
    publish_small_form()
    sender = make_person(Role.FACILITATOR, SEMEDO)
    deliver(sender, entry_xml())
    people = [make_person(Role.COORDINATOR, SEMEDO) for _ in range(8)]
    for person in people:
        want(person)
    time_machine.ahead += DAY

    def run() -> None:
        with committed_app.app_context():
            work()

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    sent_to = sorted(letter["To"] for letter in box.letters)
    assert sent_to == sorted(f"{person.username}@example.org" for person in people)


def test_the_server_is_asked_with_its_password(
    app: Flask,
    facilitator: User,
    coordinator: User,
    time_machine: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    want(coordinator)
    deliver(facilitator, entry_xml())
    time_machine.ahead += DAY
    with mailbox(user="fieldapp", password="kopi") as box:
        use(app, monkeypatch, box)
        work()

    assert box.logins == [(b"fieldapp", b"kopi")]
    assert len(box.letters) == 1


@pytest.mark.parametrize("security", [MailSecurity.STARTTLS, MailSecurity.TLS])
def test_a_server_without_tls_gets_nothing_where_tls_is_wanted(
    app: Flask,
    facilitator: User,
    coordinator: User,
    box: Mailbox,
    time_machine: Clock,
    monkeypatch: pytest.MonkeyPatch,
    security: MailSecurity,
) -> None:
    box.mail = replace(box.mail, security=security)
    use(app, monkeypatch, box)
    monkeypatch.setattr(mailing, "SECONDS", 1)
    want(coordinator)
    deliver(facilitator, entry_xml())
    time_machine.ahead += DAY
    work()

    assert box.letters == []
    assert stored(coordinator).last_error is MailError.SERVER


def test_without_a_mail_server_nothing_is_claimed(
    facilitator: User, coordinator: User, time_machine: Clock
) -> None:
    want(coordinator)
    deliver(facilitator, entry_xml())
    time_machine.ahead += DAY

    assert work() == 0


@pytest.mark.parametrize(
    ("code", "frequency", "after", "due"),
    [
        (SEMEDO, DAILY, "2026-11-21T22:59", "2026-11-21T23:00"),
        (SEMEDO, DAILY, "2026-11-21T23:00", "2026-11-22T23:00"),
        ("91.71.01.2001", DAILY, "2026-11-21T20:59", "2026-11-21T21:00"),
        (SEMEDO, WEEKLY, "2026-11-21T12:00", "2026-11-22T23:00"),
        (SEMEDO, WEEKLY, "2026-11-22T23:00", "2026-11-29T23:00"),
    ],
)
def test_digests_are_due_at_six_in_the_morning_there(
    app: Flask, code: str, frequency: DigestFrequency, after: str, due: str
) -> None:
    assert app
    person = make_person(Role.COORDINATOR, code)
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)

    found = next_due(actor_of(person), frequency, after=moment)

    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_people_choose_change_and_stop_their_digests(client: FlaskClient) -> None:
    headers = auth_headers(make_person(Role.COORDINATOR, SEMEDO))
    address = "/api/v1/me/digest"
    assert client.get(address, headers=headers).status_code == 404

    body = {"email": "siti@example.org", "frequency": "daily"}
    made = client.put(address, json=body, headers=headers)
    assert made.status_code == 200
    assert made.get_json()["is_sending"] is False
    body["frequency"] = "weekly"
    client.put(address, json=body, headers=headers)
    told = client.get(address, headers=headers).get_json()
    assert (told["email"], told["frequency"]) == ("siti@example.org", "weekly")

    assert client.delete(address, headers=headers).status_code == 204
    assert client.delete(address, headers=headers).status_code == 404
    assert db.session.query(DigestSubscription).count() == 0


@pytest.mark.parametrize(
    "email",
    [
        "",
        "siti",
        "siti@",
        "@example.org",
        "a@b@example.org",
        "siti@example.org, budi@example.org",
        "siti@example.org\nBcc: x@example.org",
        "Siti <siti@example.org>",
        "sitì@example.org",
        "s" * 250 + "@example.org",
        None,
        7,
    ],
)
def test_what_is_no_address_is_refused(client: FlaskClient, email: object) -> None:
    headers = auth_headers(make_user())
    body = {"email": email, "frequency": "daily"}

    answer = client.put("/api/v1/me/digest", json=body, headers=headers)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "email"


BASE = {"DATABASE_URL": "postgresql://x/y", "FIELDAPP_SECRET_KEY": "s" * 40}
MAIL = {
    "FIELDAPP_SMTP_HOST": "mail.example.org",
    "FIELDAPP_MAIL_FROM": "Fieldapp <fieldapp@example.org>",
    "FIELDAPP_PUBLIC_URL": URL,
}


def test_mail_settings_are_read_and_the_password_is_not_shown() -> None:
    assert from_env(BASE).mail is None
    config = from_env(
        {**BASE, **MAIL, "FIELDAPP_SMTP_USER": "u", "FIELDAPP_SMTP_PASSWORD": "rahasia"}
    )

    assert config.mail is not None
    assert (config.mail.port, config.mail.security) == (587, MailSecurity.STARTTLS)
    assert config.mail.password == "rahasia"
    assert "rahasia" not in repr(config)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"FIELDAPP_MAIL_FROM": ""}, "FIELDAPP_MAIL_FROM"),
        ({"FIELDAPP_MAIL_FROM": "Fieldapp"}, "FIELDAPP_MAIL_FROM"),
        ({"FIELDAPP_PUBLIC_URL": ""}, "FIELDAPP_PUBLIC_URL"),
        ({"FIELDAPP_SMTP_SECURITY": "ssl"}, "FIELDAPP_SMTP_SECURITY"),
        ({"FIELDAPP_SMTP_PORT": "x"}, "FIELDAPP_SMTP_PORT"),
        (
            {"FIELDAPP_SMTP_SECURITY": "none", "FIELDAPP_SMTP_USER": "u"},
            "FIELDAPP_SMTP_SECURITY",
        ),
    ],
)
def test_mistakes_in_mail_settings_are_told(
    changes: dict[str, str], named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        from_env({**BASE, **MAIL, **changes})
