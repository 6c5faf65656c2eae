import base64
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fieldapp.xform.node import Node
from fieldapp.xform.xpath import XPathTypeError, compile_xpath
from tests.xform.xpath.record import make_evaluation, make_fruits, value


def test_pulldata_finds_a_cell_of_a_table() -> None:
    assert value("pulldata('fruits', 'price', 'name', 'pear')") == "2"
    assert value("pulldata('fruits.csv', 'label', 'name', /data/fruit)") == "Apple"
    assert value("pulldata('fruits', 'price', 'name', 'kiwi')") == ""
    assert value("pulldata('fruits', 'colour', 'name', 'pear')") == ""


def test_pulldata_from_an_unknown_table_fails() -> None:
    with pytest.raises(XPathTypeError, match="'nuts'"):
        value("pulldata('nuts', 'price', 'name', 'x')")


def test_pulldata_remembers_its_keys_where_the_table_never_changes() -> None:
    evaluation = make_evaluation()
    table = make_fruits()
    evaluation.instances = {"fruits": table}
    expression = compile_xpath("pulldata('fruits', 'price', 'name', 'pear')")

    assert [expression.value(evaluation) for _ in range(2)] == ["2", "2"]
    assert ("pulldata", "name") in (table.indexes or {})


def test_choice_name_gets_the_question_in_the_same_repeat() -> None:
    evaluation = make_evaluation("/data/rep[2]/nm")
    seen: list[tuple[tuple[str, ...], str, Node | None]] = []

    def choice_name(path: tuple[str, ...], choice: str, node: Node | None) -> str:
        seen.append((path, choice, node))
        return "label"

    evaluation.choice_name = choice_name
    context = ("data", "rep", "nm")
    near = compile_xpath("jr:choice-name('x', ' ../qty ')", context=context)
    far = compile_xpath("jr:choice-name(1, '/data/grp/x')", context=context)
    computed = compile_xpath("jr:choice-name(1, concat('/data', '/no'))")

    assert near.value(evaluation) == far.value(evaluation) == "label"
    assert computed.value(evaluation) == "label"
    assert [(path, choice) for path, choice, _ in seen] == [
        (("data", "rep", "qty"), "x"),
        (("data", "grp", "x"), "1"),
        (("data", "no"), "1"),
    ]
    assert seen[0][2] is evaluation.root.by_name["rep"][1].by_name["qty"][0]
    assert seen[2][2] is None


def test_choice_name_of_something_that_is_no_path_fails() -> None:
    with pytest.raises(Exception, match="path of a question"):
        value("jr:choice-name('a', '1 + 1')")


@pytest.mark.parametrize(
    ("line", "crosses"),
    [
        ("0 0;0 2;2 2;2 0;0 0", False),
        ("0 0;2 2;0 2;2 0", True),
        ("0 0;2 2;0 2;2 0;0 0", True),
        ("0 0;0 4;2 4;0 2", True),
        ("0 0;0 4;0 2;0 3", True),
        ("0 0;1 1", False),
        ("", False),
    ],
)
def test_line_that_crosses_itself_is_found(line: str, crosses: bool) -> None:  # noqa: FBT001
    assert value(f"intersects('{line}')") is crosses


def test_line_of_absurd_length_is_not_checked() -> None:
    evaluation = make_evaluation()
    evaluation.node = Node("line", ";".join(["0 0"] * 3_000))

    with pytest.raises(XPathTypeError):
        compile_xpath("intersects(.)").value(evaluation)


def test_message_is_extracted_only_with_a_valid_signature() -> None:
    key = Ed25519PrivateKey.generate()
    message = b"desa semedo"
    signed = base64.b64encode(key.sign(message) + message).decode()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()

    assert value(f"extract-signed('{signed}', '{public}')") == "desa semedo"
    changed = ("B" if signed[0] == "A" else "A") + signed[1:]
    assert value(f"extract-signed('{changed}', '{public}')") == ""
    assert value(f"extract-signed('{signed}', 'AAAA')") == ""


def test_shuffle_without_a_seed_keeps_every_node() -> None:
    found = compile_xpath("randomize(/data/rep/nm)").evaluate(make_evaluation())

    assert isinstance(found, list)
    assert sorted(str(node.value) for node in found) == ["r1", "r2", "r3"]


def test_shuffle_with_an_empty_seed_is_always_the_same() -> None:
    expression = compile_xpath("join(' ', randomize(/data/rep/nm, ''))")

    assert len({expression.value(make_evaluation()) for _ in range(3)}) == 1


def test_identifiers_are_random_and_of_the_length_asked_for() -> None:
    first, second = str(value("uuid()")), str(value("uuid()"))

    assert first != second
    assert re.fullmatch(r"[0-9a-f-]{36}", first)
    assert len(str(value("uuid(10)"))) == 10
    assert value("uuid(-1)") == ""


def test_random_numbers_lie_below_one() -> None:
    assert 0.0 <= float(str(value("random()"))) < 1.0


def test_once_keeps_what_a_question_has() -> None:
    assert value("once('new')", "/data/txt") == "Hello World"
    assert value("once('new')", "/data/empty") == "new"


def test_device_and_form_are_asked_through_the_evaluation() -> None:
    assert value("property('deviceid')") == "prop:deviceid"
    assert value("version()") == "7"
    assert value("jr:itext('hello')") == "Hello"


def test_powers_that_overflow_are_infinite() -> None:
    assert value("string(pow(10, 400))") == "Infinity"
    assert value("string(pow(-10, 401))") == "-Infinity"
    assert value("string(pow(-10, 400))") == "Infinity"
    assert value("string(exp(1000))") == "Infinity"
    assert value("string(pow(0, -1))") == "Infinity"
    assert value("string(pow(-8, 0.5))") == "NaN"


def test_places_that_are_nowhere_have_no_distance() -> None:
    assert value("string(distance('1e999 0', '0 0'))") == "NaN"
    assert value("string(distance('NaN 0', '0 0'))") == "NaN"
    assert value("round(distance('0 0', '0 1f'))") == 111_319.0
