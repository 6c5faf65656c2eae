"""Which forms load was read from JavaRosa 5.1, and kept so that no Java is needed.

`model` and `body` are the parts of a document whose first tag is `head`; a `form` is
whole. `media` are the files of its lists.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fieldapp.xform.definition import FormError
from fieldapp.xform.opening import open_blank
from fieldapp.xform.parse import parse_form

KEPT = json.loads(
    Path(__file__).with_name("javarosa_loads.json").read_text(encoding="utf-8")
)


def document(form: dict[str, Any]) -> bytes:
    parts = form.get("form") or (
        f"{KEPT['head']}<h:head><h:title>T</h:title>{form['model']}</h:head>"
        f"<h:body>{form['body']}</h:body></h:html>"
    )
    return str(parts).encode()


def opens(form: dict[str, Any]) -> FormError | None:
    media = {name: text.encode() for name, text in form.get("media", {}).items()}
    try:
        open_blank(parse_form(document(form), media=media), now=datetime.now(UTC))
    except FormError as error:
        return error
    return None


@pytest.mark.parametrize("form", KEPT["forms"], ids=lambda form: str(form["name"]))
def test_kept_form_loads_where_it_loads_in_javarosa(form: dict[str, Any]) -> None:
    refused = opens(form)

    assert (refused is None) is form["loads"], refused


@pytest.mark.parametrize(
    "form",
    [form for form in KEPT["forms"] if not form["loads"]],
    ids=lambda form: str(form["name"]),
)
def test_refused_form_is_told_why_in_two_languages(form: dict[str, Any]) -> None:
    refused = opens(form)

    assert refused is not None
    assert refused.texts["id"] != refused.texts["en"]
