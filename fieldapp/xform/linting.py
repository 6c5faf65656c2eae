"""Check a form file: why it is refused, and what in it is probably not meant.

Pure: the command line and the server's upload ask the same functions.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fieldapp.xform.definition import FormDefinition, FormError
from fieldapp.xform.files import SPREADSHEETS
from fieldapp.xform.lintrules import RULES
from fieldapp.xform.opening import open_blank
from fieldapp.xform.origins import Origins
from fieldapp.xform.parse import parse_form
from fieldapp.xform.remarks import Remark, refusal_of
from fieldapp.xform.xlsform import CompiledForm, compile_xlsform, read_message

Check = Callable[[FormDefinition, CompiledForm], Iterable[Remark]]
"""What a package above the engine has to say, such as about the indicators."""


@dataclass(frozen=True, slots=True)
class Examination:
    """A form file, as far as it could be read, and all remarks on it.

    `definition` is there if the form loads; it may have errors all the same, such as
    two villages, and is not to be published then.
    """

    compiled: CompiledForm | None
    definition: FormDefinition | None
    remarks: tuple[Remark, ...]

    @property
    def errors(self) -> tuple[Remark, ...]:
        """Give the remarks for which the form is refused."""
        return tuple(each for each in self.remarks if each.severity == "error")


def examine(
    source: bytes,
    filename: str,
    *,
    media: Mapping[str, bytes] | None = None,
    checks: Sequence[Check] = (),
) -> Examination:
    """Compile and check `.xlsx`, Markdown or XForm XML; it never raises `FormError`.

    `media` are the form's lists by name, as for `parse_form`.
    """
    compiled: CompiledForm | None = None
    try:
        if filename.lower().endswith(tuple(SPREADSHEETS)):
            compiled = compile_xlsform(source, filename=filename)
        definition = parse_form(compiled.xml if compiled else source, media=media)
    except FormError as error:
        origins = compiled.origins if compiled else Origins()
        remarks = (refusal_of(error, origins), *_pyxform_says(compiled, origins))
        return Examination(compiled, None, remarks)
    return Examination(compiled, definition, lint(definition, compiled, checks=checks))


def lint(
    definition: FormDefinition,
    compiled: CompiledForm | None = None,
    *,
    checks: Sequence[Check] = (),
) -> tuple[Remark, ...]:
    """Give all remarks on a form that loads, the gravest first.

    Without `compiled` (the form is XForm XML) they name nodes instead of cells.
    """
    origins = compiled.origins if compiled else Origins()
    remarks = [*_opening(definition, origins)]
    remarks += [remark for rule in RULES for remark in rule(definition, origins)]
    if compiled is not None:
        remarks += _pyxform_says(compiled, origins)
        remarks += [each for check in checks for each in check(definition, compiled)]
    order = ("error", "warning", "note")
    return tuple(sorted(remarks, key=lambda each: order.index(each.severity)))


def _opening(definition: FormDefinition, origins: Origins) -> Iterable[Remark]:
    """Refuse what phones load, and cannot open a blank record of."""
    try:
        open_blank(definition, now=datetime.now(UTC))
    except FormError as error:
        yield refusal_of(error, origins)


def _pyxform_says(compiled: CompiledForm | None, origins: Origins) -> Iterator[Remark]:
    for warning in compiled.warnings if compiled else ():
        text, place = read_message(warning, origins)
        told = {"id": f"pyxform: {text}", "en": f"pyxform: {text}"}
        yield Remark("warning", "pyxform", told, place)
