"""The indicators' part of checking a form file, before anything is published."""

from collections.abc import Iterator

from fieldapp.indicators.cells import SHEET, CellFault, SheetError
from fieldapp.indicators.definitions import parse_indicators
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.place import Place
from fieldapp.xform.remarks import Remark
from fieldapp.xform.xlsform import CompiledForm


def check_sheet(definition: FormDefinition, compiled: CompiledForm) -> Iterator[Remark]:
    """Name the cell of everything that is wrong with the sheet."""
    rows = [{"row": row.row, **row.cells} for row in compiled.indicators]
    try:
        parse_indicators(definition, rows)
    except SheetError as error:
        for fault in error.faults:
            place = _place(fault, compiled)
            yield Remark("error", "indicator", fault.reason.as_dict(), place)


def _place(fault: CellFault, compiled: CompiledForm) -> Place:
    """Find the cell; a label's column is named by its language code."""
    row = next((row for row in compiled.indicators if row.row == fault.row), None)
    letter = row.letters.get(fault.column, "") if row is not None else ""
    return Place(SHEET, fault.row, fault.column, letter, compiled.is_markdown)
