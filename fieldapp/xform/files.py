"""Open form files and their media from a folder, for the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.parse import parse_form
from fieldapp.xform.refusals import refusal
from fieldapp.xform.xlsform import CompiledForm, compile_xlsform

SPREADSHEETS = frozenset({".md", ".markdown", ".xlsx"})
MEDIA = frozenset({".csv", ".xml", ".geojson"})


@dataclass(frozen=True, slots=True)
class OpenedForm:
    """A form from a file; `compiled` is there if it was a spreadsheet."""

    definition: FormDefinition
    compiled: CompiledForm | None


def open_form(path: Path, media: Path | None = None) -> OpenedForm:
    """Read XForm XML, `.xlsx` or Markdown.

    :raises FormError: if it is no form that compiles.
    """
    compiled = None
    try:
        if path.suffix.lower() in SPREADSHEETS:
            compiled = compile_xlsform(path)
            xml = compiled.xml
        else:
            xml = path.read_bytes()
        files = read_media(media or path.parent, besides=path)
    except OSError as error:
        raise refusal("unreadable", name=path, why=error.strerror) from error
    return OpenedForm(parse_form(xml, media=files), compiled)


def read_media(folder: Path, *, besides: Path) -> Mapping[str, bytes]:
    """Read the lists in a folder that a form may name."""
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in MEDIA and path.is_file() and path != besides
    }
