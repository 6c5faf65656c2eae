"""What becomes of an entry, row by row of design.md, section 5."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.ledger.models import LedgerEntry
from fieldapp.ledger.queries import current_head
from fieldapp.submissions.delivery import OutcomeStatus
from fieldapp.submissions.intake import accept, add_file
from fieldapp.submissions.models import (
    Attachment,
    HeldEntry,
    HeldReason,
    Revision,
    Submission,
    SubmissionState,
    Tally,
)
from fieldapp.web.clock import now
from fieldapp.web.problems import NotFound
from tests.entries import (
    deliver,
    entry_xml,
    make_delivery,
    make_file,
    new_id,
    publish_small_form,
)
from tests.factories import (
    BUMISARI,
    SEMEDO,
    actor_of,
    make_area,
    make_person,
    make_user,
)

pytestmark = pytest.mark.usefixtures("form")


@pytest.fixture
def form(app: Flask) -> None:
    assert app
    publish_small_form()
    make_area(BUMISARI)


@pytest.fixture
def siti(form: None) -> User:
    assert form is None
    return make_person(Role.FACILITATOR, SEMEDO)


def count_of(entity: type) -> int:
    return db.session.scalar(select(func.count()).select_from(entity)) or 0


def waiting_in(code: str) -> int:
    statement = select(func.sum(Tally.number)).where(
        Tally.area_code == code, Tally.state == SubmissionState.RECEIVED
    )
    return int(db.session.scalar(statement) or 0)


def test_a_valid_entry_is_stored_once_counted_and_logged(siti: User) -> None:
    xml = entry_xml("uuid:one", kg="12.5")

    outcome = deliver(siti, xml)

    assert outcome.status is OutcomeStatus.CREATED
    submission = db.session.get_one(Submission, "uuid:one")
    assert submission.state is SubmissionState.RECEIVED
    assert submission.area_code == SEMEDO
    assert submission.title == "Setoran 12.5"
    assert db.session.get_one(Revision, "uuid:one").xml == xml
    assert waiting_in(SEMEDO) == 1
    assert current_head(SEMEDO).position == 1


def test_the_same_entry_again_changes_nothing(siti: User) -> None:
    xml = entry_xml("uuid:one")
    deliver(siti, xml)

    outcome = deliver(siti, xml)

    assert outcome.status is OutcomeStatus.DUPLICATE
    assert (count_of(Submission), count_of(Revision)) == (1, 1)
    assert waiting_in(SEMEDO) == 1
    assert current_head(SEMEDO).position == 1


def test_the_same_entry_twice_in_one_batch_is_stored_once(siti: User) -> None:
    delivery = make_delivery(siti, entry_xml("uuid:one", photo="a.jpg"))
    with_photo = make_delivery(siti, delivery.xml, (make_file("a.jpg"),))

    outcomes = accept([delivery, with_photo])

    assert [outcome.status.value for outcome in outcomes] == ["created", "duplicate"]
    assert outcomes[0].missing_files == ("a.jpg",)
    assert outcomes[1].missing_files == ()
    assert count_of(Submission) == 1


def test_an_entry_that_breaks_a_rule_is_stored_and_says_which(siti: User) -> None:
    outcome = deliver(siti, entry_xml("uuid:one", kg="5000"))

    assert outcome.status is OutcomeStatus.CREATED
    assert [item["rule"] for item in outcome.violations] == ["constraint"]
    assert outcome.violations[0]["message"]["id"] == "Berat 0 sampai 2000 kg."
    assert "Berat (kg)" in outcome.message.id
    assert "Weight (kg)" in outcome.message.en
    assert db.session.get_one(Submission, "uuid:one").violation_count == 1


def test_an_unusual_value_is_flagged_and_not_a_violation(siti: User) -> None:
    outcome = deliver(siti, entry_xml("uuid:one", kg="180"))

    assert outcome.violations == ()
    assert [item["rule"] for item in outcome.warnings] == ["warn"]


def test_a_split_entry_gets_its_files_one_after_the_other(siti: User) -> None:
    xml = entry_xml("uuid:one", photo="a.jpg")

    first = deliver(siti, xml)
    second = deliver(siti, xml, files=(make_file("a.jpg"),))

    assert first.missing_files == ("a.jpg",)
    assert second.status is OutcomeStatus.DUPLICATE
    assert second.missing_files == ()
    assert count_of(Attachment) == 1


def test_a_file_the_entry_does_not_name_is_kept(siti: User) -> None:
    deliver(siti, entry_xml("uuid:one"), files=(make_file("audit.csv"),))

    assert db.session.scalars(select(Attachment.name)).all() == ["audit.csv"]


def test_another_file_under_the_same_name_is_held(siti: User) -> None:
    xml = entry_xml("uuid:one", photo="a.jpg")
    deliver(siti, xml, files=(make_file("a.jpg", content=1),))

    outcome = deliver(siti, xml, files=(make_file("a.jpg", content=2),))

    assert outcome.held_reason is HeldReason.CONFLICT
    assert count_of(Attachment) == 2


def test_a_correction_becomes_the_next_revision_and_keeps_its_photo(
    siti: User,
) -> None:
    deliver(siti, entry_xml("uuid:one", photo="a.jpg"), files=(make_file("a.jpg"),))

    outcome = deliver(
        siti, entry_xml("uuid:two", photo="a.jpg", kg="13", deprecated_id="uuid:one")
    )

    assert outcome.status is OutcomeStatus.REVISED
    assert outcome.missing_files == ()
    submission = db.session.get_one(Submission, "uuid:one")
    assert (submission.revision_number, submission.revision_id) == (2, "uuid:two")
    assert count_of(Revision) == 2
    assert waiting_in(SEMEDO) == 1


def test_a_correction_can_move_an_entry_to_another_village() -> None:
    both = make_person(Role.FACILITATOR, "33")
    make_area(SEMEDO)
    deliver(both, entry_xml("uuid:one", village=SEMEDO))

    deliver(both, entry_xml("uuid:two", village=BUMISARI, deprecated_id="uuid:one"))

    assert db.session.get_one(Submission, "uuid:one").area_code == BUMISARI
    assert (waiting_in(SEMEDO), waiting_in(BUMISARI)) == (0, 1)
    assert current_head(SEMEDO).position == 2
    assert current_head(BUMISARI).position == 1


def test_a_correction_in_the_same_batch_as_its_original_is_taken(siti: User) -> None:
    outcomes = accept(
        [
            make_delivery(siti, entry_xml("uuid:one")),
            make_delivery(siti, entry_xml("uuid:two", deprecated_id="uuid:one")),
        ]
    )

    assert [outcome.status.value for outcome in outcomes] == ["created", "revised"]


@pytest.mark.parametrize("state", [SubmissionState.APPROVED, SubmissionState.REJECTED])
def test_a_correction_of_a_decided_entry_is_held(
    siti: User, state: SubmissionState
) -> None:
    deliver(siti, entry_xml("uuid:one"))
    db.session.get_one(Submission, "uuid:one").state = state
    db.session.commit()

    outcome = deliver(siti, entry_xml("uuid:two", deprecated_id="uuid:one"))

    assert outcome.held_reason is HeldReason.CONFLICT
    assert count_of(Revision) == 1


def test_a_correction_of_an_outdated_revision_is_held(siti: User) -> None:
    deliver(siti, entry_xml("uuid:one"))
    deliver(siti, entry_xml("uuid:two", deprecated_id="uuid:one"))

    outcome = deliver(siti, entry_xml("uuid:three", deprecated_id="uuid:one"))

    assert outcome.held_reason is HeldReason.CONFLICT


def test_a_correction_whose_original_never_came_is_held(siti: User) -> None:
    outcome = deliver(siti, entry_xml("uuid:two", deprecated_id="uuid:one"))

    assert outcome.held_reason is HeldReason.CONFLICT


def test_other_content_under_the_same_id_is_held_with_both_digests(
    siti: User,
) -> None:
    deliver(siti, entry_xml("uuid:one", kg="1"))

    outcome = deliver(siti, entry_xml("uuid:one", kg="2"))

    assert outcome.status is OutcomeStatus.HELD
    assert set(outcome.digests) == {"stored", "sent"}
    assert count_of(HeldEntry) == 1


def test_what_is_held_is_held_once_however_often_it_comes(siti: User) -> None:
    deliver(siti, entry_xml("uuid:one", village=BUMISARI))
    xml = entry_xml("uuid:two", village=BUMISARI, photo="a.jpg")

    for _ in range(3):
        outcome = deliver(siti, xml, files=(make_file("a.jpg"),))
        assert outcome.held_reason is HeldReason.AREA

    assert count_of(HeldEntry) == 2
    assert count_of(Attachment) == 1


@pytest.mark.parametrize(
    ("village", "said"),
    [
        ("", "desa tidak diisi"),
        ("3302162007", "tanpa titik"),
        ("99.99.99.2001", "tidak dikenal"),
        ("Semedo", "tidak dikenal"),
        (BUMISARI, "di luar wilayah"),
    ],
)
def test_an_entry_of_no_village_of_mine_is_held(
    siti: User, village: str, said: str
) -> None:
    outcome = deliver(siti, entry_xml("uuid:one", village=village))

    assert outcome.held_reason is HeldReason.AREA
    assert said in outcome.message.id
    assert count_of(Submission) == 0
    held = db.session.scalars(select(HeldEntry)).one()
    assert held.area_codes == [SEMEDO]
    assert current_head(SEMEDO).position == 1


def test_an_entry_of_a_form_that_is_not_published_is_held(siti: User) -> None:
    outcome = deliver(siti, entry_xml("uuid:one", version="1999"))

    assert outcome.held_reason is HeldReason.FORM
    assert "1999" in outcome.message.en


def test_who_has_no_task_is_refused_and_nothing_is_kept(siti: User) -> None:
    stranger = make_user()

    outcome = deliver(stranger, entry_xml("uuid:one"))

    assert outcome.status is OutcomeStatus.REFUSED
    assert outcome.problem is not None
    assert outcome.problem.status == 403
    assert siti
    assert count_of(HeldEntry) == 0


def test_somebody_elses_entry_is_not_spoken_of(siti: User) -> None:
    deliver(siti, entry_xml("uuid:one", kg="1", photo="a.jpg"))
    other = make_person(Role.FACILITATOR, BUMISARI)

    stolen = deliver(
        other,
        entry_xml("uuid:one", kg="1", photo="a.jpg", village=BUMISARI),
        files=(make_file("a.jpg"),),
    )
    edit = deliver(
        other, entry_xml("uuid:two", village=BUMISARI, deprecated_id="uuid:one")
    )
    nothing = deliver(
        other, entry_xml("uuid:three", village=BUMISARI, deprecated_id="uuid:none")
    )

    assert stolen.digests == {}
    assert (edit.message, edit.held_reason) == (nothing.message, nothing.held_reason)
    assert db.session.get_one(Submission, "uuid:one").revision_number == 1
    missing = select(Attachment.digest).where(Attachment.revision_id == "uuid:one")
    assert db.session.scalars(missing).all() == [None]


def test_a_file_is_added_to_ones_own_entry_only(siti: User) -> None:
    deliver(siti, entry_xml("uuid:one", photo="a.jpg"))
    other = make_person(Role.FACILITATOR, SEMEDO)

    with pytest.raises(NotFound):
        add_file(actor_of(other), "uuid:one", make_file("a.jpg"))
    db.session.rollback()
    outcome = add_file(actor_of(siti), "uuid:one", make_file("a.jpg"))
    again = add_file(actor_of(siti), "uuid:one", make_file("a.jpg"))

    assert outcome.missing_files == ()
    assert again.status is OutcomeStatus.DUPLICATE


@pytest.mark.parametrize("days", [365, 2])
def test_a_clock_ahead_is_flagged_and_the_day_of_receipt_counts(
    siti: User, days: int
) -> None:
    made = now() + timedelta(days=days)

    outcome = deliver(siti, entry_xml("uuid:one", made_at=made))

    assert [item["rule"] for item in outcome.warnings] == ["clock"]
    captured_on = db.session.get_one(Submission, "uuid:one").captured_on
    assert abs(captured_on - now().date()) <= timedelta(days=1)


def test_a_clock_a_year_behind_is_flagged(siti: User) -> None:
    made = now() - timedelta(days=365)

    outcome = deliver(siti, entry_xml("uuid:one", made_at=made))

    assert [item["rule"] for item in outcome.warnings] == ["clock"]


def test_one_bad_entry_harms_no_other(siti: User) -> None:
    good, broken = entry_xml("uuid:good"), entry_xml("uuid:cut")[:-9]

    outcomes = accept(
        [
            make_delivery(siti, broken),
            make_delivery(siti, good),
            make_delivery(siti, entry_xml(new_id(), village="3302162007")),
        ]
    )

    assert [outcome.status.value for outcome in outcomes] == [
        "refused",
        "created",
        "held",
    ]
    assert outcomes[0].problem is not None
    assert outcomes[0].problem.status == 400


def test_an_entry_cut_off_at_any_byte_is_refused_and_nothing_is_kept(
    siti: User,
) -> None:
    xml = entry_xml("uuid:one")

    outcomes = accept([make_delivery(siti, xml[:end]) for end in range(len(xml))])

    assert {outcome.status for outcome in outcomes} == {OutcomeStatus.REFUSED}
    assert count_of(Submission) + count_of(HeldEntry) == 0


def test_no_answer_of_a_person_enters_the_log(siti: User) -> None:
    deliver(siti, entry_xml("uuid:one", kg="13.75"), files=(make_file(),))
    deliver(siti, entry_xml("uuid:two", village="3302162007"))

    log = b"\n".join(db.session.scalars(select(LedgerEntry.body)))

    assert b"uuid:one" in log
    for secret in (b"Bu Sri", b"13.75", b"1795269839123", b"Siti", b"3302162007"):
        assert secret not in log
