"""Each flag, from a phone's body to what the coordinator reads."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.web.clock import now
from tests.answers import items
from tests.factories import (
    BUMISARI,
    SEMEDO,
    Headers,
    auth_headers,
    make_grant,
    make_person,
)
from tests.openrosa.phone import Phone, file_part, make_phone, xml_part
from tests.quality.members import (
    codes_of,
    flags_of,
    member_xml,
    publish_members,
    raise_all,
    send_member,
)

NIK = "3302164507700001"
HOME = "-7.3651 109.1502 210.0 4.5"


@pytest.fixture(autouse=True)
def members(village: str) -> None:
    assert village
    publish_members(max_per_day="12")


@pytest.fixture
def reviewer(coordinator: User) -> Headers:
    return auth_headers(coordinator)


@pytest.fixture
def phone(client: FlaskClient, facilitator: User) -> Phone:
    return make_phone(client, facilitator)


def send(phone: Phone, instance_id: str, photo: bytes = b"", **answers: object) -> None:
    """Post an entry as ODK Collect does."""
    if photo:
        answers["photo"] = f"{instance_id[5:]}.jpg"
    xml = member_xml(instance_id, **answers)  # type: ignore[arg-type]
    parts = [xml_part(xml)]
    if photo:
        parts.append(file_part(str(answers["photo"]), photo))
    response = phone.post(*parts)
    assert response.status_code == 201, response.data


def only(
    client: FlaskClient, headers: Headers, instance_id: str, code: str
) -> dict[str, object]:
    (flag,) = flags_of(client, headers, instance_id)
    assert flag["code"] == code
    return flag


def test_one_identity_number_under_two_member_numbers_is_told_of_both(
    client: FlaskClient, phone: Phone, reviewer: Headers
) -> None:
    send(phone, "uuid:1", nik=NIK, member_no="A-1")
    send(phone, "uuid:2", nik="3302 1645 0770 0001", member_no="A-2")
    send(phone, "uuid:3", nik="3302164507700002", member_no="A-3")
    raise_all()

    flag = only(client, reviewer, "uuid:2", "same-nik")

    assert [other["id"] for other in flag["others"]] == ["uuid:1"]  # type: ignore[attr-defined]
    assert flag["label"] == {"id": "NIK", "en": "Identity number"}
    assert "nomor" in flag["sentence"]["id"]  # type: ignore[index]
    assert codes_of("uuid:1") == ["same-nik"]
    assert codes_of("uuid:3") == []
    listed = items(client.get("/api/v1/submissions?flag=same-nik", headers=reviewer))
    assert {each["id"] for each in listed} == {"uuid:1", "uuid:2"}
    assert NIK not in str(flags_of(client, reviewer, "uuid:2"))
    queue = items(client.get("/api/v1/submissions?order=queue", headers=reviewer))
    assert [each["id"] for each in queue] == ["uuid:1", "uuid:2", "uuid:3"]
    assert [each["flag_codes"] for each in queue] == [["same-nik"], ["same-nik"], []]


def test_visits_to_one_member_share_the_member(
    phone: Phone,
) -> None:
    for number in (1, 2):
        send(
            phone,
            f"uuid:{number}",
            nik=NIK,
            name="Bu Sri",
            birth_year=1970,
            member_no="A-1",
            points=(HOME,),
        )
    raise_all()

    assert codes_of("uuid:1") == codes_of("uuid:2") == []


def test_one_name_and_year_of_birth_in_a_village_are_one_person(
    client: FlaskClient, phone: Phone, reviewer: Headers
) -> None:
    send(phone, "uuid:1", name="Bu Sri Wahyuni", birth_year=1970)
    send(phone, "uuid:2", name="SRI  WAHYUNI", birth_year=1970)
    send(phone, "uuid:3", name="Sri Wahyuni", birth_year=1971)
    raise_all()

    assert only(client, reviewer, "uuid:1", "same-person")["path"] == "/data/name"
    assert codes_of("uuid:3") == []


def test_one_photo_of_two_people_is_told_to_both_coordinators_as_far_as_they_reach(
    client: FlaskClient, phone: Phone, reviewer: Headers
) -> None:
    budi = make_person(Role.FACILITATOR, BUMISARI)
    there = auth_headers(make_person(Role.COORDINATOR, BUMISARI))
    send(phone, "uuid:1", photo=b"\xff\xd8 sugar")
    send(make_phone(client, budi), "uuid:2", photo=b"\xff\xd8 sugar", village=BUMISARI)
    send(phone, "uuid:3", photo=b"\xff\xd8 other")
    raise_all()

    for headers, own, other in (
        (reviewer, "uuid:1", "uuid:2"),
        (there, "uuid:2", "uuid:1"),
    ):
        flag = only(client, headers, own, "same-photo")
        assert flag["others"] == []
        assert "di luar wilayah" in flag["sentence"]["id"]  # type: ignore[index]
        assert other not in str(flag)
        assert BUMISARI not in str(flag)
    country = auth_headers(make_person(Role.AUDITOR, "33"))
    seen = only(client, country, "uuid:1", "same-photo")
    assert [each["id"] for each in seen["others"]] == ["uuid:2"]  # type: ignore[attr-defined]
    assert "di luar" not in seen["sentence"]["id"]  # type: ignore[index]
    assert codes_of("uuid:3") == []


def test_a_photo_that_comes_later_is_compared_too(phone: Phone) -> None:
    send(phone, "uuid:1", photo=b"\xff\xd8 sugar")
    late = member_xml("uuid:2", photo="2.jpg")
    phone.post(xml_part(late))
    raise_all()
    assert codes_of("uuid:2") == []

    phone.post(xml_part(late), file_part("2.jpg", b"\xff\xd8 sugar"))
    raise_all()

    assert codes_of("uuid:1") == codes_of("uuid:2") == ["same-photo"]


def test_a_point_that_is_another_ones_to_the_last_digit_was_copied(
    client: FlaskClient, phone: Phone, reviewer: Headers
) -> None:
    send(phone, "uuid:1", points=(HOME,))
    send(phone, "uuid:2", points=("-7.3652 109.1502 210.0 4.5", HOME))
    raise_all()

    flag = only(client, reviewer, "uuid:2", "same-point")

    assert flag["path"] == "/data/plot[2]/gps"
    assert flag["label"] == {"id": "Titik lahan", "en": "Plot's point"}


def test_a_point_outside_the_country_is_told(
    client: FlaskClient, phone: Phone, reviewer: Headers
) -> None:
    send(phone, "uuid:1", points=("51.5 -0.12 10 5",))
    raise_all()

    assert only(client, reviewer, "uuid:1", "point-outside")


def test_a_point_far_from_the_villages_others_tells_how_far(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    start = now() - timedelta(days=3)
    for number in range(12):
        point = f"-7.36{number:02d} 109.15{number:02d} 200 {number}"
        made = start + timedelta(minutes=5 * number)
        send_member(facilitator, f"uuid:{number}", points=(point,), made_at=made)
    send_member(facilitator, "uuid:far", points=("-7.75 109.15 200 4",))
    raise_all()

    flag = only(client, reviewer, "uuid:far", "point-far")

    assert flag["sentence"]["id"].startswith(  # type: ignore[index]
        "Titik ini 43,3 km dari titik tengah 12 titik lain desa ini (biasanya ≤ 0,1"
    )
    assert all(codes_of(f"uuid:{number}") == [] for number in range(12))


def test_a_number_far_from_the_villages_others_tells_what_is_usual(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    start = now() - timedelta(days=30)
    for number in range(24):
        made = start + timedelta(days=number)
        kg, income = 10 + number % 5, 1_500_000 + number * 1000
        send_member(facilitator, f"uuid:{number}", kg=kg, income=income, made_at=made)
    send_member(facilitator, "uuid:far", kg=1200, income=150_000_000)
    raise_all()

    by_path = {
        str(flag["path"]): flag for flag in flags_of(client, reviewer, "uuid:far")
    }

    assert by_path["/data/kg"]["code"] == "number-far"
    said = by_path["/data/kg"]["sentence"]
    assert said == {
        "id": "Angka ini 1200; 24 angka lain desa ini biasanya 4 sampai 36 (tengahnya "
        "12).",
        "en": "This number is 1200; 24 others of this village are usually 4 to 36 (in "
        "the middle 12).",
    }
    assert "150" not in str(by_path["/data/income"]["sentence"])
    assert by_path["/data/income"]["detail"] == {"count": 24}
    assert all(codes_of(f"uuid:{number}") == [] for number in range(24))


def test_an_entry_that_took_a_moment_is_told_beside_the_villages_others(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    start = now() - timedelta(days=30)
    for number in range(20):
        made = start + timedelta(days=number)
        minutes = 9 + number % 7
        send_member(facilitator, f"uuid:{number}", made_at=made, minutes=minutes)
    send_member(facilitator, "uuid:fast", minutes=2 / 3)
    raise_all()

    flag = only(client, reviewer, "uuid:fast", "too-fast")

    assert flag["sentence"]["en"] == (  # type: ignore[index]
        "Filled in within 40 seconds; 20 others of this village took 4 minutes at "
        "least (in the middle 12 minutes)."
    )


def test_more_entries_in_a_day_than_the_form_allows_are_all_told(
    facilitator: User,
) -> None:
    noon = (now() - timedelta(days=5)).replace(hour=5, minute=0)
    for number in range(12):
        made = noon + timedelta(minutes=number)
        send_member(facilitator, f"uuid:{number}", made_at=made)
    raise_all()
    assert codes_of("uuid:0") == []

    send_member(facilitator, "uuid:12", made_at=noon + timedelta(minutes=20))
    send_member(facilitator, "uuid:next", made_at=noon + timedelta(days=1))
    raise_all()

    assert all(codes_of(f"uuid:{number}") == ["too-many"] for number in range(13))
    assert codes_of("uuid:next") == []


def test_a_way_that_nobody_can_go_is_told_of_the_later_entry(
    client: FlaskClient, facilitator: User
) -> None:
    make_grant(facilitator, Role.FACILITATOR, BUMISARI)
    noon = now() - timedelta(days=5)
    here, there = "-7.36 109.15 {} 4", "-7.36 109.60 {} 4"
    send_member(facilitator, "uuid:1", made_at=noon, points=(here.format(1),))
    later = noon + timedelta(minutes=2)
    send_member(
        facilitator,
        "uuid:3",
        made_at=later,
        points=(there.format(1),),
        village=BUMISARI,
    )
    send_member(
        facilitator,
        "uuid:4",
        made_at=noon + timedelta(hours=3),
        points=(here.format(2),),
    )
    raise_all()
    assert codes_of("uuid:3") == ["travel"]
    assert codes_of("uuid:1") == codes_of("uuid:4") == []
    chief = auth_headers(make_person(Role.AUDITOR, "33"))
    said = only(client, chief, "uuid:3", "travel")
    assert said["sentence"]["en"].startswith("This point is 49.6 km from")  # type: ignore[index]
    assert "14 minutes" in said["sentence"]["en"]  # type: ignore[index]
    there_alone = auth_headers(make_person(Role.COORDINATOR, BUMISARI))
    assert "uuid:1" not in str(flags_of(client, there_alone, "uuid:3"))

    # What comes late, and stands in between, is what the way is measured from.
    between = noon + timedelta(minutes=1)
    send_member(
        facilitator,
        "uuid:2",
        made_at=between,
        points=(there.format(2),),
        village=BUMISARI,
    )
    raise_all()

    assert codes_of("uuid:2") == ["travel"]
    assert codes_of("uuid:3") == []


def test_a_clock_that_is_ahead_or_went_back_is_told(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    send_member(facilitator, "uuid:1", made_at=now() + timedelta(minutes=90))
    send_member(facilitator, "uuid:2", minutes=-30)
    raise_all()

    ahead = only(client, reviewer, "uuid:1", "clock-ahead")
    back = only(client, reviewer, "uuid:2", "clock-changed")

    assert "90 menit" in ahead["sentence"]["id"]  # type: ignore[index]
    assert "30 minutes" in back["sentence"]["en"]  # type: ignore[index]


def test_a_year_of_birth_that_the_identity_number_denies_is_told_without_either(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    send_member(facilitator, "uuid:1", nik=NIK, birth_year=1970)
    send_member(facilitator, "uuid:2", nik="3302164507700002", birth_year=1971)
    raise_all()

    flag = only(client, reviewer, "uuid:2", "nik-birth-year")

    assert codes_of("uuid:1") == []
    assert flag["detail"] == {}
    assert "1971" not in str(flag)


def test_a_form_says_how_long_it_takes_and_which_flags_mean_nothing(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    publish_members(version="2", min_minutes="20", flags_off="same-point clock-changed")
    for number in (1, 2):
        send_member(
            facilitator, f"uuid:{number}", minutes=15, points=(HOME,), version="2"
        )
    send_member(facilitator, "uuid:3", minutes=25, version="2")
    raise_all()

    flag = only(client, reviewer, "uuid:2", "too-fast")

    assert "15 menit" in flag["sentence"]["id"]  # type: ignore[index]
    assert "20 menit" in flag["sentence"]["id"]  # type: ignore[index]
    assert codes_of("uuid:3") == []


def test_flags_stand_in_the_way_of_nothing(
    client: FlaskClient, phone: Phone, reviewer: Headers
) -> None:
    send(phone, "uuid:1", nik=NIK)
    send(phone, "uuid:2", nik=NIK)
    raise_all()

    body = {"kind": "approve", "revision_id": "uuid:2"}
    answer = client.post(
        "/api/v1/submissions/uuid:2/decisions", json=body, headers=reviewer
    )

    assert answer.status_code == 201
    assert answer.get_json()["is_override"] is False


def test_who_sent_an_entry_is_not_told_what_gave_it_away(
    client: FlaskClient, phone: Phone, facilitator: User
) -> None:
    send(phone, "uuid:1", nik=NIK)
    send(phone, "uuid:2", nik=NIK)
    raise_all()
    own = auth_headers(facilitator)

    assert flags_of(client, own, "uuid:2") == []
    assert "same-nik" not in client.get("/api/v1/my/entries", headers=own).text


def test_a_correction_takes_its_flags_back_and_those_of_others(
    client: FlaskClient, phone: Phone, reviewer: Headers
) -> None:
    send(phone, "uuid:1", nik=NIK)
    send(phone, "uuid:2", nik=NIK)
    raise_all()
    assert codes_of("uuid:1") == ["same-nik"]

    send(phone, "uuid:2b", nik="3302164507700002", deprecated_id="uuid:2")
    raise_all()

    assert codes_of("uuid:1") == codes_of("uuid:2") == []
    listed = items(client.get("/api/v1/submissions", headers=reviewer))
    assert [each["flag_codes"] for each in listed] == [[], []]


def test_two_villages_do_not_share_what_is_usual(facilitator: User) -> None:
    make_grant(facilitator, Role.FACILITATOR, BUMISARI)
    start = now() - timedelta(days=40)
    for number in range(22):
        made = start + timedelta(days=number)
        send_member(facilitator, f"uuid:{number}", kg=10, made_at=made)
    send_member(facilitator, "uuid:far", kg=1200, village=BUMISARI)
    send_member(facilitator, "uuid:here", kg=1200, village=SEMEDO)
    raise_all()

    assert codes_of("uuid:far") == []
    assert codes_of("uuid:here") == ["number-far"]
