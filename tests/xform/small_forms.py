"""Small forms and entries for tests, and the verdict on them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.evaluate import evaluate
from fieldapp.xform.instance import open_instance
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.node import Node
from fieldapp.xform.parse import parse_form

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEAD = (
    '<h:html xmlns="http://www.w3.org/2002/xforms" '
    'xmlns:h="http://www.w3.org/1999/xhtml" '
    'xmlns:jr="http://openrosa.org/javarosa" '
    'xmlns:fieldapp="http://fieldapp.id/xforms">'
)
META = "<meta><instanceID>uuid:1</instanceID></meta>"


def form_xml(nodes: str, model: str, body: str) -> bytes:
    return (
        f"{HEAD}<h:head><h:title>Uji</h:title><model><instance>"
        f'<data id="uji" version="1">{nodes}<meta><instanceID/></meta></data>'
        f"</instance>"
        f"{model}</model></h:head><h:body>{body}</h:body></h:html>"
    ).encode()


def make_form(
    nodes: str, model: str, body: str, media: Mapping[str, bytes] | None = None
) -> FormDefinition:
    return parse_form(form_xml(nodes, model, body), media=media)


def entry(answers: str) -> bytes:
    return f'<data id="uji" version="1">{answers}{META}</data>'.encode()


def judge(
    form: FormDefinition,
    answers: str,
    *,
    now: datetime = NOW,
    instances: Mapping[str, Node] | None = None,
) -> Judgement:
    return evaluate(
        form, open_instance(entry(answers)), now=now, instances=instances or {}
    )


def problems(judgement: Judgement) -> list[tuple[str, str]]:
    return [(each.path, each.rule) for each in judgement.violations]


def remarks(judgement: Judgement) -> list[tuple[str, str]]:
    return [(each.path, each.rule) for each in judgement.warnings]
