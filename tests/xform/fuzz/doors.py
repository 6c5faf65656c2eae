"""The doors beside the form itself: lists, workbooks, records, bodies."""

import io
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from fieldapp.openrosa.multipart import MultipartReader, boundary_of
from fieldapp.openrosa.problems import BadDelivery
from fieldapp.submissions.file_names import unsafe_name_reason
from fieldapp.sync.deliveries import NO_SUCH_VERSION, Sender, _Versions, _xml_of
from fieldapp.sync.problems import UnknownFormVersion
from fieldapp.web.problems import Problem
from fieldapp.xform.definition import FormError
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import compile_xlsform
from tests.xform.fuzz.forms import real_forms
from tests.xform.fuzz.judging import judged, verdict_on
from tests.xform.small_forms import form_xml

_WITH_LIST = form_xml(
    "<a/><b/>",
    '<instance id="list" src="jr://file/{name}"/>'
    "<bind nodeset=\"/data/b\" calculate=\"pulldata('list', 'label', 'name', "
    "concat(/data/a, count(instance('list')/root/item)))\"/>",
    '<select1 ref="/data/a"><label>a</label><itemset nodeset="instance(\'list\')'
    '/root/item[label != \'\']"><value ref="name"/><label ref="label"/></itemset>'
    "</select1>",
)


class _OfForms(_Versions):
    """The versions of the forms that are tried, without a database."""

    def get(self, form_id: str, version: str) -> Any:
        form = real_forms().get(form_id)
        if form is None or form.version != version:
            raise UnknownFormVersion(NO_SUCH_VERSION.format(form=form_id, version=""))
        return SimpleNamespace(definition=form)


def try_media(data: bytes) -> Any:
    """Compile and judge with a list (after its file's name and a line break)."""
    name, _, content = data.partition(b"\n")
    xml = _WITH_LIST.replace(b"{name}", name)
    try:
        form = parse_form(xml, media={name.decode("utf-8", "replace"): content})
    except FormError as error:
        return str(error)
    return judged(form, b'<data id="uji"><a>a</a><b/></data>')


def try_workbook(data: bytes) -> Any:
    """Compile an `.xlsx` form."""
    try:
        compiled = compile_xlsform(data, filename="form.xlsx")
        return verdict_on(parse_form(compiled.xml))
    except FormError as error:
        return str(error)


def try_record(data: bytes) -> Any:
    """Take an item as the JSON door does, and judge what it is written as."""
    try:
        item = json.loads(data)
    except (ValueError, RecursionError):
        return None
    forms = real_forms()
    form_id = item.get("form_id") if isinstance(item, dict) else None
    form = forms.get(form_id) if isinstance(form_id, str) else None
    versions = _OfForms()
    actor: Any = SimpleNamespace(user_id=UUID(int=1))
    sender = Sender(actor, "fuzz", datetime(2026, 11, 21, tzinfo=UTC))
    try:
        xml = _xml_of(sender, item, versions)
    except Problem as problem:
        return problem.detail
    return judged(form or next(iter(forms.values())), xml)


def try_body(data: bytes) -> Any:
    """Take a multipart body apart, in pieces of an odd size."""
    stream = io.BytesIO(data)
    size = len(data) % 97 + 1
    found = []
    try:
        boundary_of(data[:300].decode("latin-1"))
    except BadDelivery as error:
        found.append(str(error))
    reader = MultipartReader(lambda _size: stream.read(size), b"b1")
    try:
        for part in reader.parts():
            reason = unsafe_name_reason(part.filename or "")
            content = b"".join(reader.chunks())
            found.append(f"{part!r} {reason!r} {content!r}")
    except BadDelivery as error:
        found.append(str(error))
    return found
