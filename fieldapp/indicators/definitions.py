"""The sheet ``indicators`` of a form: what to add up for each area.

Pure: it needs the form's definition and the rows of the sheet, nothing else.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fieldapp.indicators.cells import CellFault, Row, SheetError, read_rows
from fieldapp.web.text import Text
from fieldapp.xform.definition import FormDefinition, FormError, NodeDefinition, Path
from fieldapp.xform.dependencies import expand_references
from fieldapp.xform.evaluate import compile_over
from fieldapp.xform.roles import MASKED_ROLES
from fieldapp.xform.translations import complete
from fieldapp.xform.xpath import Expression

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
REFERENCE = re.compile(r"\$\{\s*([^{}\s]+)\s*\}")
MAX_DIMENSIONS = 3
MAX_INDICATORS = 100
PEOPLE_ARE_COUNTED = "value"
"""In the column `people`: the value itself is a number of people."""
FREE_TYPES = frozenset({"string", "int", "integer", "boolean"})


class Aggregate(StrEnum):
    """How the values of an indicator become one."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    MEAN = "mean"
    WEIGHTED_MEAN = "weighted_mean"
    RATIO = "ratio"
    LAST = "last"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"


WEIGHTED = frozenset({Aggregate.WEIGHTED_MEAN, Aggregate.RATIO})
RANKED = frozenset({Aggregate.MIN, Aggregate.MAX, Aggregate.MEDIAN})
KEYED = frozenset({Aggregate.DISTINCT, Aggregate.LAST})


@dataclass(frozen=True, slots=True)
class Dimension:
    """A question that an indicator is broken down by."""

    name: str
    labels: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]
    """The labels of its answers by language, by answer."""
    answer: Expression
    is_multiple: bool
    is_free: bool
    """Answered in free words: such slices stay at the place of the record."""
    is_personal: bool = False
    """Worked out from a personal answer."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One row of the sheet, compiled."""

    name: str
    labels: Mapping[str, str]
    unit: str
    aggregate: Aggregate
    value: Expression | None = None
    weight: Expression | None = None
    where: Expression | None = None
    period: Expression | None = None
    over: Path | None = None
    by: tuple[Dimension, ...] = field(default=())
    people: Expression | None = None
    """Who each fact is about, where a group may be too small to be shown."""
    counts_people: bool = False
    """Its value is a number of people."""
    reads_personal: bool = False

    @property
    def people_name(self) -> str:
        """Name the count of the people behind it, as no row of a sheet may be named."""
        return f"{self.name}:people"

    @property
    def is_about_people(self) -> bool:
        """Tell whether small groups of it are hidden."""
        return self.people is not None or self.counts_people or self.reads_personal


def parse_indicators(
    definition: FormDefinition, rows: Sequence[Mapping[str, Any]]
) -> tuple[Indicator, ...]:
    """Compile the sheet; each row is its cells by column, and ``row``, its number.

    :raises SheetError: naming row and column of everything that is wrong.
    """
    faults: list[CellFault] = []
    indicators: dict[str, Indicator] = {}
    for row in read_rows(rows, faults):
        reader = _RowReader(definition, row, faults)
        indicator = reader.read()
        if indicator.name in indicators:
            row.fault(faults, "name", "nama sudah dipakai", "the name is used twice")
        indicators[indicator.name] = indicator
    if len(indicators) > MAX_INDICATORS:
        limit = str(MAX_INDICATORS)
        text = Text(f"paling banyak {limit} indikator", f"at most {limit} indicators")
        faults.append(CellFault(0, "name", text))
    if faults:
        raise SheetError(tuple(faults))
    return tuple(indicators.values())


def refuse_changed(
    older: Sequence[Indicator],
    newer: Sequence[Indicator],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Refuse a new version whose values could not be added to those of the last.

    :raises SheetError: if an indicator keeps its name with another unit or
        aggregate.
    """
    before = {indicator.name: indicator for indicator in older}
    numbers = {str(row.get("name", "")).strip(): int(row["row"]) for row in rows}
    faults = [
        CellFault(
            numbers.get(indicator.name, 0),
            column,
            Text(
                f"{indicator.name} sebelumnya {old}, sekarang {new}: beri nama baru",
                f"{indicator.name} was {old} and is now {new}: give it a new name",
            ),
        )
        for indicator in newer
        if (earlier := before.get(indicator.name))
        for column, old, new in (
            ("unit", earlier.unit, indicator.unit),
            ("aggregate", earlier.aggregate, indicator.aggregate),
        )
        if old != new
    ]
    if faults:
        raise SheetError(tuple(faults))


class _RowReader:
    """Read one row; what is wrong is noted, and reading goes on."""

    def __init__(
        self, definition: FormDefinition, row: Row, faults: list[CellFault]
    ) -> None:
        self.definition = definition
        self.row = row
        self.faults = faults
        self.over: Path | None = None

    def read(self) -> Indicator:
        row = self.row
        self.over = self._over()
        aggregate = self._aggregate()
        value, weight = self._value(aggregate), self._weight(aggregate)
        people = row.cell("people")
        counts_people = people == PEOPLE_ARE_COUNTED
        return Indicator(
            name=self._name(),
            labels=self._labels(),
            unit=self._required("unit"),
            aggregate=aggregate,
            value=value,
            weight=weight,
            where=self._expression("where", row.cell("where")),
            period=self._expression("period", row.cell("period")),
            over=self.over,
            by=tuple(self._dimensions()),
            people=None if counts_people else self._expression("people", people),
            counts_people=counts_people,
            reads_personal=any(map(self._is_personal, (value, weight))),
        )

    def _is_personal(self, expression: Expression | None) -> bool:
        if expression is None:
            return False
        read = expand_references(expression, self.definition.nodes)
        return any(path in self.definition.personal for path in read)

    def _fault(self, column: str, indonesian: str, english: str) -> None:
        self.row.fault(self.faults, column, indonesian, english)

    def _required(self, column: str) -> str:
        cell = self.row.cell(column)
        if not cell:
            self._fault(column, "tidak boleh kosong", "must not be empty")
        return cell

    def _name(self) -> str:
        name = self._required("name")
        if name and not NAME.fullmatch(name):
            self._fault(
                "name",
                "hanya huruf, angka, titik, - dan _, mulai dengan huruf, paling "
                "panjang 64",
                "only letters, digits, dot, - and _, beginning with a letter, at "
                "most 64",
            )
        return name

    def _labels(self) -> dict[str, str]:
        labels = self.row.labels
        for code in ("id", "en"):
            if not labels.get(code):
                self._fault(
                    f"label ({code})", "tidak boleh kosong", "must not be empty"
                )
        return complete(labels, self.row.cell("name"))

    def _aggregate(self) -> Aggregate:
        cell = self._required("aggregate")
        known = [aggregate.value for aggregate in Aggregate]
        if cell in known:
            return Aggregate(cell)
        if cell:
            names = ", ".join(known)
            self._fault(
                "aggregate",
                f"{cell!r} tidak dikenal; pilih dari: {names}",
                f"{cell!r} is not known; choose from: {names}",
            )
        return Aggregate.COUNT

    def _value(self, aggregate: Aggregate) -> Expression | None:
        if aggregate is not Aggregate.COUNT:
            self._required("value")
        return self._expression("value", self.row.cell("value"))

    def _weight(self, aggregate: Aggregate) -> Expression | None:
        cell = self.row.cell("weight")
        if aggregate in WEIGHTED:
            self._required("weight")
        elif cell:
            self._fault(
                "weight",
                f"tidak dipakai oleh {aggregate}: kosongkan",
                f"is not used by {aggregate}: leave it empty",
            )
        return self._expression("weight", cell)

    def _expression(self, column: str, source: str) -> Expression | None:
        if not source:
            return None
        context = self.over or self.definition.root.path
        try:
            expression = compile_over(self.definition, source, context=context)
        except FormError as error:
            self._fault(column, error.texts["id"], error.texts["en"])
            return None
        if expression.is_volatile:
            self._fault(
                column,
                "memakai now(), random() atau yang serupa: hasilnya tidak tetap",
                "uses now(), random() or the like: its result would not stay",
            )
        return expression

    def _node(self, column: str, name: str) -> NodeDefinition | None:
        nodes = [node for node in self.definition.nodes.values() if node.name == name]
        if len(nodes) != 1:
            found = "ada dua" if nodes else "tidak ada"
            self._fault(
                column,
                f"{found} pertanyaan {name!r}",
                f"there {'are several' if nodes else 'is no'} question {name!r}",
            )
            return None
        return nodes[0]

    def _over(self) -> Path | None:
        cell = self.row.cell("over")
        if not cell:
            return None
        reference = REFERENCE.fullmatch(cell)
        node = self._node("over", reference.group(1) if reference else cell)
        if node is None:
            return None
        if node.path not in self.definition.repeats:
            self._fault("over", f"{cell} bukan repeat", f"{cell} is no repeat")
            return None
        return node.path

    def _dimensions(self) -> Iterator[Dimension]:
        cell = REFERENCE.sub(r" \1 ", self.row.cell("by"))
        names = list(dict.fromkeys(cell.replace(",", " ").split()))
        if len(names) > MAX_DIMENSIONS:
            limit = MAX_DIMENSIONS
            self._fault("by", f"paling banyak {limit}", f"at most {limit} questions")
            return
        for name in names:
            node = self._node("by", name)
            if node is not None and self._may_break_down(node):
                answer = self._expression("by", f"${{{name}}}")
                if answer is not None:
                    yield self._dimension(node, answer)

    def _may_break_down(self, node: NodeDefinition) -> bool:
        if node.bind.roles & MASKED_ROLES:
            self._fault(
                "by",
                f"{node.name} adalah data pribadi",
                f"{node.name} is personal data",
            )
            return False
        if not _is_choice(node) and node.bind.type not in FREE_TYPES:
            self._fault(
                "by",
                f"{node.name} berjenis {node.bind.type}: pakai pilihan atau teks",
                f"{node.name} is a {node.bind.type}: use a choice or a text",
            )
            return False
        inside = [
            path
            for path in self.definition.repeats
            if node.path[: len(path)] == path and path != (self.over or ())[: len(path)]
        ]
        if inside:
            self._fault(
                "by",
                f"{node.name} ada di dalam repeat {inside[0][-1]}",
                f"{node.name} stands inside the repeat {inside[0][-1]}",
            )
        return not inside

    def _dimension(self, node: NodeDefinition, answer: Expression) -> Dimension:
        choices = {
            value: complete(labels, value)
            for path in _sources(node)
            for value, labels in self.definition.choice_labels(path).items()
        }
        control = node.control
        return Dimension(
            name=node.name,
            labels=complete(self.definition.labels_for(node.path), node.name),
            choices=choices,
            answer=answer,
            is_multiple=control is not None and control.kind == "select",
            is_free=not _is_choice(node) and control is not None,
            is_personal=node.path in self.definition.personal,
        )


def _sources(node: NodeDefinition) -> list[Path]:
    """Name the questions whose choices label an answer: for a calculation, its own."""
    if node.control is not None or node.bind.calculate is None:
        return [node.path]
    return sorted(node.bind.calculate.references)


def _is_choice(node: NodeDefinition) -> bool:
    return node.control is not None and node.control.is_select
