"""A simulated phone's day: what it does, and what it says of bad servers."""

import gzip
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest
from click.testing import CliRunner, Result

from fieldapp.phone.commands import phone_commands
from fieldapp.phone.day import Day, Plan, SimulatedPhone
from fieldapp.phone.documents import read_list
from fieldapp.phone.downloading import Downloads
from fieldapp.phone.faults import FAULTS, REMARKS, Faults
from fieldapp.phone.filling import Wishes
from fieldapp.phone.sending import Sender
from fieldapp.phone.settings import PhoneSettings, settings_text
from fieldapp.phone.wire import Wire
from tests.phone import stub as stubs
from tests.phone.stub import (
    FILE_PATH,
    FORM_PATH,
    LIST_PATH,
    MANIFEST_PATH,
    OPENROSA,
    SUBMISSION_PATH,
    XML,
    Page,
    Stub,
)

NOW = datetime(2026, 11, 21, 14, 3, 59, tzinfo=timezone(timedelta(hours=7)))
LIST, FORM = f"GET {LIST_PATH}", f"GET {FORM_PATH}"
MANIFEST, FILE = f"GET {MANIFEST_PATH}", f"GET {FILE_PATH}"
HEAD, POST = f"HEAD {SUBMISSION_PATH}", f"POST {SUBMISSION_PATH}"
PHOTOS = Wishes(with_photos=True, photo_kilobytes=3)

Spoil = Callable[[Stub], object]


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stubs.running() as running:
        yield running


def play(
    stub: Stub, plan: Plan | None = None, *, is_splitting: bool = False
) -> tuple[Day, Faults]:
    faults, wire = Faults(), Wire(timeout=5)
    server = stub.server
    phone = SimulatedPhone(
        Downloads(server, wire, faults, lambda *_: None),
        Sender(server, wire, faults, lambda *_: None, is_splitting=is_splitting),
        faults,
        random.Random(1),  # noqa: S311 - Seeded.
    )
    day = phone.play(plan or Plan(), NOW)
    wire.close()
    return day, faults


def codes(faults: Faults) -> list[str]:
    return [fault.code for fault in faults.found]


def simulate(*arguments: str) -> Result:
    return CliRunner().invoke(phone_commands, ["simulate", *arguments])


def test_a_day_at_a_good_server_finds_nothing(stub: Stub) -> None:
    day, faults = play(stub, Plan(entries=4, wishes=PHOTOS))

    assert faults.found == []
    assert day == Day(listed=1, downloaded=1, made=4, sent=4, resent=2)
    assert len(stub.posts) == 6
    assert stub.posts[0].count(b"Content-Disposition") == 3


def test_the_phone_speaks_as_collect_does(stub: Stub) -> None:
    play(stub)

    for method, path, headers, body in stub.asked:
        assert "deviceID=collect%3A" in path
        assert headers["X-OpenRosa-Version"] == "1.0"
        assert headers["User-Agent"].startswith("org.odk.collect.android/")
        assert headers["Accept-Encoding"] == "gzip"
        if method == "POST":
            assert b'name="xml_submission_file"; filename="' in body
            assert body.index(b"Content-Type: text/xml") < body.index(b"<data")
    order = [method for method, *_ in stub.asked]
    assert order == ["GET"] * 4 + ["HEAD", "POST", "HEAD", "POST", "GET"]


def test_an_entry_is_sent_in_parts_by_the_announced_limit(stub: Stub) -> None:
    limit = {"X-OpenRosa-Accept-Content-Length": "4000"}
    stub.spoil(HEAD, headers={**OPENROSA, **limit})

    play(stub, Plan(wishes=PHOTOS))

    first, second, *again = stub.posts
    assert b'name="*isIncomplete*"\r\n\r\nyes\r\n' in first
    assert b"isIncomplete" not in second
    assert all(b"xml_submission_file" in part for part in stub.posts)
    assert len(again) == 2


def test_splitting_can_be_forced(stub: Stub) -> None:
    play(stub, Plan(wishes=PHOTOS), is_splitting=True)

    assert [b"isIncomplete" in each for each in stub.posts] == [True, False] * 2


def test_what_is_sent_again_is_the_same_byte_for_byte(stub: Stub) -> None:
    play(stub)

    entries = [body.partition(b"<?xml")[2].partition(b"--")[0] for body in stub.posts]
    assert entries[0] == entries[1]


def test_answers_that_are_packed_are_unpacked_before_they_are_compared(
    stub: Stub,
) -> None:
    packed = {"Content-Encoding": "gzip"}
    stub.spoil(FORM, headers=packed, body=gzip.compress(stub.form))

    _, faults = play(stub)

    assert faults.found == []


def with_another_hash(stub: Stub) -> Page:
    known = stubs.md5(stub.form).encode()
    return Page(200, XML, stub.pages[LIST].body.replace(known, b"0" * 32))


SPOILT: dict[str, Spoil] = {
    "password-asked": lambda it: it.spoil(LIST, status=401),
    "no-digest": lambda it: it.spoil(
        LIST, status=401, headers={"WWW-Authenticate": 'Basic realm="x"'}
    ),
    "refused": lambda it: it.spoil(FILE, status=500),
    "no-version-header": lambda it: it.without_header(MANIFEST, "X-OpenRosa-Version"),
    "wrong-content-type": lambda it: it.spoil(
        LIST, headers={**OPENROSA, "Content-Type": "application/xml"}
    ),
    "not-xml": lambda it: it.spoil(LIST, body=b" " + it.pages[LIST].body),
    "wrong-root": lambda it: it.rewrite(LIST, "xformsList", "xformsManifest"),
    "empty-list": lambda it: it.spoil(
        LIST, body=b'<xforms xmlns="http://openrosa.org/xforms/xformsList"/>'
    ),
    "entry-incomplete": lambda it: it.rewrite(LIST, "<name>Buah</name>", "<name/>"),
    "bad-hash": lambda it: it.rewrite(MANIFEST, "md5:", ""),
    "hash-not-of-bytes": lambda it: it.spoil(FORM, body=it.form + b"\n"),
    "not-listed": lambda it: it.rewrite(LIST, "<formID>buah", "<formID>lain"),
    "hash-changes": lambda it: it.later.update({LIST: with_another_hash(it)}),
    "relative-address": lambda it: it.rewrite(MANIFEST, it.address, ""),
    "form-unreadable": lambda it: it.spoil(FORM, body=b"<html/>"),
    "form-is-another": lambda it: it.rewrite(LIST, "<version>2026112101", "<version>7"),
    "head-not-204": lambda it: it.spoil(HEAD, status=200),
    "bad-limit": lambda it: it.spoil(
        HEAD, headers={**OPENROSA, "X-OpenRosa-Accept-Content-Length": "10 MB"}
    ),
    "moved-elsewhere": lambda it: it.spoil(
        HEAD, headers={**OPENROSA, "Location": "http://127.0.0.1:9/submission"}
    ),
    "post-redirected": lambda it: it.spoil(POST, status=301),
    "post-not-201": lambda it: it.spoil(POST, status=200),
    "resend-refused": lambda it: it.later.update(
        {POST: Page(409, XML, it.pages[POST].body)}
    ),
    "no-message": lambda it: it.spoil(POST, body=b"OK"),
    "no-answer": lambda it: it.rewrite(MANIFEST, it.address, "http://127.0.0.1:9"),
    "redirected": lambda it: it.pages.update(
        {
            LIST: Page(302, {"Location": f"{it.address}/t2/formList"}),
            "GET /t2/formList": it.pages[LIST],
        }
    ),
    "cached": lambda it: it.spoil(
        LIST, headers={**XML, "Cache-Control": "public, max-age=3600"}
    ),
    "no-version-in-address": lambda it: it.move(FORM_PATH, "/t/buah.xml"),
    "no-files": lambda it: it.spoil(
        MANIFEST, body=b'<manifest xmlns="http://openrosa.org/xforms/xformsManifest"/>'
    ),
    "no-limit": lambda it: it.spoil(HEAD, headers=OPENROSA),
    "unknown-list": lambda it: it.rewrite(
        MANIFEST, "<filename>fruits", "<filename>lain"
    ),
}
UNSPOILT = {"less-secure", "cannot-fill", "encrypted", "password-refused"}


@pytest.mark.parametrize("code", SPOILT)
def test_what_stops_a_phone_or_should_be_known_is_named(stub: Stub, code: str) -> None:
    SPOILT[code](stub)

    _, faults = play(stub, Plan(forms=("buah",)))

    assert code in codes(faults)
    assert bool(faults.hard) == (code in FAULTS)


def test_every_fault_is_tried_and_has_words_in_both_languages() -> None:
    assert set(FAULTS) | set(REMARKS) == set(SPOILT) | UNSPOILT
    for text in (FAULTS | REMARKS).values():
        assert text.id != text.en


@pytest.mark.parametrize(
    "url", ["", "buah.xml", "http://[", "ftp://a/b", "http://a:x/"]
)
def test_an_address_that_is_none_is_told_and_the_form_comes_without_the_file(
    stub: Stub, url: str
) -> None:
    stub.rewrite(MANIFEST, f"{stub.address}{FILE_PATH}", url)

    day, faults = play(stub)

    assert codes(faults)[0] in {"relative-address", "entry-incomplete"}
    assert codes(faults)[1:] == ["unknown-list", "cannot-fill"]
    assert day.downloaded == 1


def test_an_address_that_leaves_https_is_told(stub: Stub) -> None:
    faults = Faults()
    with closing(Wire()) as wire:
        answer = wire.get(f"{stub.server}/formList")

    read_list(answer, "https://a.example", faults)

    assert codes(faults) == ["less-secure", "less-secure"]


def test_a_form_that_is_encrypted_on_phones_is_left_alone(stub: Stub) -> None:
    submission = b'<submission base64RsaPublicKey="MIIB" method="post"/></model>'
    form = stub.form.replace(b"</model>", submission)
    stub.rewrite(LIST, stubs.md5(stub.form), stubs.md5(form))
    stub.spoil(FORM, body=form)

    day, faults = play(stub)

    assert codes(faults) == ["encrypted"]
    assert (day.downloaded, day.made) == (1, 0)


def test_a_form_that_names_another_place_to_send_to_is_sent_there(stub: Stub) -> None:
    action = f'<submission action="{stub.address}/there" method="post"/></model>'
    form = stub.form.replace(b"</model>", action.encode())
    stub.rewrite(LIST, stubs.md5(stub.form), stubs.md5(form))
    stub.spoil(FORM, body=form)
    stub.pages["HEAD /there"] = stub.pages.pop(HEAD)
    stub.pages["POST /there"] = stub.pages.pop(POST)

    day, faults = play(stub)

    assert faults.found == []
    assert day.sent == 1


def test_a_name_and_a_password_are_given_after_one_challenge_and_then_unasked(
    stub: Stub,
) -> None:
    digest = 'Digest realm="x", qop="auth", nonce="n", opaque="o, p"'
    good = stub.pages[LIST]
    stub.spoil(LIST, status=401, headers={"WWW-Authenticate": digest})
    stub.later[LIST] = good

    result = simulate(stub.server, "--username", "siti", "--password", "kopi")

    assert result.exit_code == 0, result.output
    first, *others = [headers.get("Authorization") for _, _, headers, _ in stub.asked]
    assert first is None
    assert all(str(each).startswith('Digest username="siti"') for each in others)
    assert 'opaque="o, p"' in str(others[0])
    assert [f"nc={count:08x}" in str(each) for count, each in enumerate(others, 1)]


def test_a_name_that_is_refused_is_told_after_one_try(stub: Stub) -> None:
    digest = {"WWW-Authenticate": 'Digest realm="x", qop="auth", nonce="n"'}
    stub.spoil(LIST, status=401, headers=digest)

    result = simulate(
        stub.server, "--username", "siti", "--password", "x", "--language", "en"
    )

    assert result.exit_code == 1
    assert "The user name or the password is refused" in result.output
    assert len(stub.asked) == 2


def test_a_password_is_never_sent_in_the_open(stub: Stub) -> None:
    basic = {"WWW-Authenticate": 'Basic realm="x"'}
    stub.spoil(LIST, status=401, headers=basic)

    result = simulate(stub.server, "--username", "siti", "--password", "kopi")

    assert "tanpa Digest" in result.output
    assert [headers.get("Authorization") for _, _, headers, _ in stub.asked] == [None]


def test_a_form_that_comes_without_its_file_is_not_installed(stub: Stub) -> None:
    stub.spoil(FILE, status=404)

    day, _ = play(stub)

    assert (day.downloaded, day.sent) == (0, 0)
    assert stub.posts == []


def test_the_command_tells_each_step_and_ends_well(stub: Stub) -> None:
    result = simulate(stub.server, "--seed", "5", "--split", "--language", "en")

    assert result.exit_code == 0, result.output
    assert "--seed 5" in result.output
    assert "submission 2/2" in result.output
    assert "1 entries made, 1 sent, 1 sent again" in result.output
    assert "A phone can work here." in result.output
    assert stub.address not in result.output


def test_the_command_fails_where_a_phone_would_and_says_why(stub: Stub) -> None:
    stub.spoil(POST, status=200)

    result = simulate(stub.server)

    assert result.exit_code == 1
    assert "✗ buah: submission 1/1: Kiriman dijawab 200" in result.output
    assert "1 hal menghalangi HP." in result.output


def test_an_entry_that_breaks_a_rule_is_sent_and_the_rule_is_named(
    stub: Stub,
) -> None:
    result = simulate(stub.server, "--broken", "constraint")

    assert result.exit_code == 0
    assert "/data/kg (constraint)" in result.output
    assert len(stub.posts) == 2


def test_nothing_is_sent_where_that_is_not_wanted(stub: Stub) -> None:
    result = simulate(stub.server, "--no-send")

    assert result.exit_code == 0
    assert "1 entri dibuat, 0 terkirim" in result.output
    assert {method for method, *_ in stub.asked} == {"GET"}


def test_the_text_of_a_settings_code_is_an_address_too(stub: Stub) -> None:
    settings = PhoneSettings(server_url=f"{stub.server}/", project_name="Siti")

    result = simulate(settings_text(settings))

    assert result.exit_code == 0, result.output


def test_what_is_no_address_is_refused(stub: Stub) -> None:
    assert simulate("desa.example").exit_code == 2
    assert stub.asked == []
