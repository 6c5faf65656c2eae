"""The indicators' part of checking a form file, before anything is published."""

from collections.abc import Iterator

from fieldapp.indicators.cells import SHEET, CellFault, SheetError
from fieldapp.indicators.definitions import Indicator, parse_indicators
from fieldapp.web.text import Text
from fieldapp.xform.definition import FormDefinition, path_text
from fieldapp.xform.lintrules import unknown_nodes
from fieldapp.xform.place import Place
from fieldapp.xform.remarks import Remark
from fieldapp.xform.xlsform import CompiledForm
from fieldapp.xform.xpath import Expression

NO_PEOPLE = Text(
    "membaca data pribadi tanpa menyebut orangnya di kolom people: auditor tidak akan "
    "melihat nilainya",
    "reads personal answers without naming the person in the column people: auditors "
    "will not see its value",
)


def check_sheet(definition: FormDefinition, compiled: CompiledForm) -> Iterator[Remark]:
    """Name the cell of everything that is wrong with the sheet."""
    rows = [{"row": row.row, **row.cells} for row in compiled.indicators]
    try:
        indicators = parse_indicators(definition, rows)
        yield from _references(definition, compiled, indicators)
    except SheetError as error:
        for fault in error.faults:
            place = _place(fault, compiled)
            yield Remark("error", "indicator", fault.reason.as_dict(), place)


def _references(
    definition: FormDefinition,
    compiled: CompiledForm,
    indicators: tuple[Indicator, ...],
) -> Iterator[Remark]:
    """Refuse paths to no node: they would read as empty, and add up to nothing."""
    for row, indicator in zip(compiled.indicators, indicators, strict=True):
        if indicator.reads_personal and not row.cells.get("people", "").strip():
            place = _place(CellFault(row.row, "people", NO_PEOPLE), compiled)
            yield Remark("warning", "people", NO_PEOPLE.as_dict(), place)
        for column in ("value", "weight", "where", "period", "people"):
            expression: Expression | None = getattr(indicator, column)
            for wrong in unknown_nodes(expression, definition) if expression else ():
                told = path_text(wrong)
                reason = Text(
                    f"membaca {told}, yang tidak ada di formulir",
                    f"reads {told}, which is not in the form",
                )
                place = _place(CellFault(row.row, column, reason), compiled)
                yield Remark("error", "indicator", reason.as_dict(), place)


def _place(fault: CellFault, compiled: CompiledForm) -> Place:
    """Find the cell; a label's column is named by its language code."""
    row = next((row for row in compiled.indicators if row.row == fault.row), None)
    letter = row.letters.get(fault.column, "") if row is not None else ""
    return Place(SHEET, fault.row, fault.column, letter, compiled.is_markdown)
