import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import fieldapp
from fieldapp.exporting.layout import layout_of
from fieldapp.exporting.nested import Nester
from fieldapp.exporting.reading import EntryReader
from fieldapp.submissions.judging import judge_again
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.instance import read_instance
from fieldapp.xform.parse import parse_form
from fieldapp.xform.record import to_record
from fieldapp.xform.schema import record_schema
from fieldapp.xform.xlsform import compile_xlsform
from tests.form_factories import FORMS

DEMO = sorted((Path(fieldapp.__file__).parent / "demo_entries").glob("*.xml"))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give all answers that there are, by path; times as the moments that they are."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from leaves(below, f"{path}/{name}")
    elif isinstance(value, list):
        for place, below in enumerate(value):
            yield from leaves(below, f"{path}[{place}]")
    elif isinstance(value, str) and len(value) > 18 and value[10] == "T":
        yield path, datetime.fromisoformat(value)
    elif value is not None:
        yield path, value


def definition_of(form_id: str) -> FormDefinition:
    source = FORMS / f"{form_id}.md"
    return parse_form(compile_xlsform(source).xml)


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.stem)
def test_a_record_is_what_the_forms_own_schema_gives(path: Path) -> None:
    xml = path.read_bytes()
    form = definition_of(read_instance(xml).form_id)
    layout = layout_of([form])
    reader = EntryReader(layout)

    rows = reader.read(xml, reader.plan(form), "uuid:x")
    exported = json.loads(json.dumps(Nester(layout).record(rows)))
    judgement = judge_again(form, xml, received_at=NOW)
    dumped = record_schema(form)().dump(to_record(judgement))

    assert dict(leaves(exported)) == dict(leaves(json.loads(json.dumps(dumped))))
