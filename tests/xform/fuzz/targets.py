"""The doors: how each is tried, from what, and what may come out."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fieldapp.xform.definition import FormError
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import compile_xlsform
from fieldapp.xform.xpath import XPathError, compile_xpath
from fieldapp.xform.xpath.patterns import matches
from tests.xform.fuzz.doors import try_body, try_media, try_record, try_workbook
from tests.xform.fuzz.expressions import make_expression, make_pattern
from tests.xform.fuzz.forms import real_forms, seed_forms, seed_instances, sheets
from tests.xform.fuzz.judging import judged, verdict_of_form, verdict_on
from tests.xform.fuzz.mutations import spoil_bytes, spoil_tokens, spoil_tree
from tests.xform.fuzz.packing import spoil_json, spoil_workbook, workbooks
from tests.xform.xpath.record import make_evaluation, make_record

Spoil = Callable[[bytes, random.Random, Sequence[bytes]], bytes]
CASES = Path(__file__).parents[1] / "xpath/javarosa"
CONTEXTS = (("/data/rep[2]/nm", None), ("/data/rep[2]/nm", "a b"), ("/data/grp/x", 3.0))


@dataclass(frozen=True)
class Target:
    """A door: what to try on it, where to begin, how to go on from there."""

    name: str
    run: Callable[[bytes], Any]
    seeds: Callable[[], list[bytes]]
    spoil: Spoil
    make: Callable[[random.Random], bytes] | None = None


def try_xpath(data: bytes) -> Any:
    """Compile an expression and evaluate it at two places, with and without dot."""
    source = data.decode("utf-8", "surrogateescape")
    found = []
    record = make_record()
    for place, dot in CONTEXTS:
        random.seed(1)
        evaluation = make_evaluation(place, record)
        evaluation.dot = dot
        try:
            expression = compile_xpath(
                source, context=evaluation.node.path, defer_unknown=dot is None
            )
            found.append(repr(expression.evaluate(evaluation)))
            found.append(repr(expression.value(evaluation)))
            found.append(repr(expression.boolean(evaluation)))
        except XPathError as error:
            found.append(str(error))
    return None if "uuid(" in source else found


def try_regex(data: bytes) -> Any:
    """Match a pattern (up to NUL) against a text, and against a long one."""
    pattern, _, text = data.decode("utf-8", "replace").partition("\0")
    found: list[object] = []
    for given in (text, text * 500, "a" * 3000 + text):
        try:
            found.append(matches(pattern, given, 1_000_000)[0])
        except XPathError as error:
            found.append(str(error)[:100])
    return found


def try_form(data: bytes) -> Any:
    """Compile an XForm, and judge a blank and a random entry of it."""
    try:
        form = parse_form(data)
    except FormError as error:
        return str(error)
    return verdict_of_form(form)


def try_instance(data: bytes) -> Any:
    """Judge an entry (after its form's name and a line break)."""
    name, _, xml = data.partition(b"\n")
    return judged(real_forms()[name.decode()], xml)


def try_markdown(data: bytes) -> Any:
    """Compile a spreadsheet that is written in Markdown."""
    try:
        compiled = compile_xlsform(data, filename="form.md")
        return verdict_on(parse_form(compiled.xml))
    except FormError as error:
        return str(error)


def spoil_expression(
    data: bytes, chance: random.Random, others: Sequence[bytes]
) -> bytes:
    """Spoil by the token mostly."""
    spoil = spoil_bytes if chance.random() < 0.2 else spoil_tokens
    return spoil(data, chance, others)


def spoil_document(
    data: bytes, chance: random.Random, others: Sequence[bytes]
) -> bytes:
    """Spoil by the branch mostly."""
    spoil = spoil_bytes if chance.random() < 0.15 else spoil_tree
    return spoil(data, chance, others)


def spoil_after_name(
    data: bytes, chance: random.Random, others: Sequence[bytes]
) -> bytes:
    """Spoil what follows the first line."""
    name, _, rest = data.partition(b"\n")
    inner = [other.partition(b"\n")[2] for other in others[:20]]
    return name + b"\n" + spoil_document(rest, chance, inner)


@cache
def recorded_expressions() -> list[bytes]:
    """Give the expressions that JavaRosa was asked."""
    return [
        json.loads(line)["expr"].encode()
        for path in sorted(CASES.glob("*.ndjson"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def seed_patterns() -> list[bytes]:
    """Give patterns as forms have them, and some that hurt backtracking matchers."""
    return [
        b"[0-9]{16}\x003302161234567890",
        b"(a+)+b\0" + b"a" * 40,
        b"(a|aa)*\\1(?=x)\0aaaa",
        b"\\p{L}[\\w&&[^a-c]]{2,5}?\0abc",
        b"(?i)(?<n>x*)\\k<n>++$\0xXx",
    ]


def seed_bodies() -> list[bytes]:
    """Give a body as a phone sends it."""
    part = b'\r\n--b1\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n'
    xml = part % (b"xml_submission_file", b"a.xml")
    photo = part % (b"foto.jpg", b"foto.jpg")
    typed = b"Content-Type: image/jpeg\r\n\r\n"
    return [xml[2:] + b"\r\n<data/>" + photo + typed + b"\xff\xd8\r\n--b1--\r\n"]


def seed_media() -> list[bytes]:
    """Give small lists of each kind."""
    features = {
        "type": "FeatureCollection",
        "features": [
            {
                "id": "f1",
                "geometry": {"type": "Point", "coordinates": [109.2, -7.4]},
                "properties": {"name": "a", "label": "A", "n": 1.5},
            },
            {
                "geometry": {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]},
                "properties": {"name": "b"},
            },
        ],
    }
    return [
        b'list.csv\nname,label,kind\na,A,1\n"b,c","B\nb",2\n',
        b"list.csv\nname;label\na;A\n",
        b"list.xml\n<root><item><name>a</name><label>A</label></item></root>",
        b"list.geojson\n" + json.dumps(features).encode(),
    ]


def seed_records() -> list[bytes]:
    """Give records of the real forms as the JSON door takes them."""
    return [
        json.dumps(
            {"form_id": name, "version": form.version, "record": {"meta": {}}}
        ).encode()
        for name, form in real_forms().items()
    ]


TARGETS = {
    target.name: target
    for target in (
        Target(
            "xpath", try_xpath, recorded_expressions, spoil_expression, make_expression
        ),
        Target("regex", try_regex, seed_patterns, spoil_expression, make_pattern),
        Target("form", try_form, seed_forms, spoil_document),
        Target("instance", try_instance, seed_instances, spoil_after_name),
        Target("markdown", try_markdown, sheets, spoil_tokens),
        Target("workbook", try_workbook, workbooks, spoil_workbook),
        Target("media", try_media, seed_media, spoil_tokens),
        Target("record", try_record, seed_records, spoil_json),
        Target("body", try_body, seed_bodies, spoil_expression),
    )
}
