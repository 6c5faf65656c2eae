"""A page that people read and print: what happened, in the order of the log."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape
from uuid import UUID
from zoneinfo import ZoneInfo

from fieldapp.dossier.period import Period
from fieldapp.dossier.style import STYLE
from fieldapp.dossier.telling import MAX_REMEMBERED, Shown, Told
from fieldapp.dossier.words import (
    ATTACHMENT,
    DECISIONS,
    ELSEWHERE,
    FEW,
    KINDS,
    NOTHING,
    PROOF,
    PURPOSES,
    STATES,
)
from fieldapp.forms.queries import PublishedVersion
from fieldapp.indicators.tables import IndicatorReport, Report
from fieldapp.masking.clearance import Clearance
from fieldapp.masking.masks import mask
from fieldapp.places.codes import time_zone
from fieldapp.submissions.queries import people_names
from fieldapp.web.text import Text
from fieldapp.xform.answers import label_words, number_words, same
from fieldapp.xform.definition import Path, plain_path
from fieldapp.xform.roles import NAME
from fieldapp.xform.translations import SHOWN, Translations, complete

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Cover:
    """What stands at the head of the page."""

    place: str
    period: Period
    clearance: Clearance
    prepared_at: datetime
    prepared_for: str
    through: int
    last_digest: str


@dataclass
class _Row:
    """An entry in the overview."""

    title: str
    position: int
    revisions: int = 0
    state: str = "received"
    violations: int = 0


class Summary:
    """Gathers the overview while the details are written."""

    def __init__(self, period: Period, clearance: Clearance) -> None:
        self.clearance = clearance
        self.zone = ZoneInfo(time_zone(period.area_code))
        self.kinds: Counter[str] = Counter()
        self.rows: dict[str, _Row] = {}
        self._people: dict[str, str] = {}
        self._labels: dict[tuple[int, str], str] = {}

    def detail(self, told: Told) -> str:
        """Write one entry of the log, and remember it for the overview."""
        line = told.line
        self.kinds[line.kind] += 1
        self._remember(told)
        return (
            f'<section id="e{line.position}"><h3><b>{line.position}</b> '
            f"{_both(KINDS.get(line.kind, _plain(line.kind)))} "
            f"<time>{self._moment(line.recorded_at)}</time> "
            f"<i>{self._person(line.actor)}</i></h3>"
            f"{self._body(told)}</section>\n"
        )

    def page(
        self, cover: Cover, report: Report, details: Iterable[bytes]
    ) -> Iterator[bytes]:
        """Write the whole page."""
        yield (
            '<!DOCTYPE html>\n<html lang="id"><head><meta charset="utf-8">'
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "style-src 'unsafe-inline'\">"
            f"<title>Dossier {_safe(cover.place)}</title><style>{STYLE}</style></head>"
            f"<body><h1>{_safe(cover.place)}</h1>{self._cover(cover)}"
            f"<p class=proof>{_both(PROOF)}</p>"
        ).encode()
        yield self._overview().encode()
        yield _report(report).encode()
        yield (
            "<h2>Catatan kejadian <small>Log of events</small></h2>"
            + ("" if self.kinds else f"<p>{_both(NOTHING)}</p>")
        ).encode()
        yield from details
        yield b"</body></html>\n"

    def _cover(self, cover: Cover) -> str:
        period = cover.period
        rows = (
            ("Wilayah / Area", period.area_code),
            ("Masa / Period", f"{period.first} – {period.last}"),
            ("Disusun / Prepared", f"{self._moment(cover.prepared_at)} ({self.zone})"),
            ("Untuk / For", cover.prepared_for),
            ("Keperluan / Purpose", PURPOSES[cover.clearance.value].both()),
            ("Sampai entri / Through entry", str(cover.through)),
            ("Sidik entri itu / Its digest", cover.last_digest),
        )
        cells = "".join(
            f"<tr><th>{name}</th><td>{_safe(value)}</td></tr>" for name, value in rows
        )
        return f"<table class=cover>{cells}</table>"

    def _overview(self) -> str:
        counts = "".join(
            f"<li>{number} {_both(KINDS.get(kind, _plain(kind)))}</li>"
            for kind, number in sorted(self.kinds.items())
        )
        rows = "".join(
            f'<tr><td><a href="#e{row.position}">{_safe(row.title)}</a></td>'
            f"<td>{row.revisions}</td><td>{row.violations or ''}</td>"
            f"<td>{_both(STATES.get(row.state, _plain(row.state)))}</td></tr>"
            for row in self.rows.values()
        )
        head = "".join(
            f"<th>{_both(text)}</th>"
            for text in (
                Text("Entri", "Entry"),
                Text("Revisi", "Revisions"),
                Text("Aturan dilanggar", "Rules broken"),
                Text("Keadaan akhir", "State at the end"),
            )
        )
        table = f"<table><thead><tr>{head}</tr></thead>{rows}</table>" if rows else ""
        return f"<h2>Ringkasan <small>Overview</small></h2><ul>{counts}</ul>{table}"

    def _remember(self, told: Told) -> None:
        line = told.line
        if told.submission is None:
            return
        row = self.rows.setdefault(line.subject, _Row(line.subject, line.position))
        if told.version is not None:
            row.revisions += 1
            row.state = "received"
            row.violations = int(line.detail["violations"])
            row.title = f"{_title(told.version)} · {line.subject}"
        elif line.kind == "decision":
            row.state = str(line.detail["state"])

    def _body(self, told: Told) -> str:
        line, item = told.line, told.item or {}
        parts = [f"<p class=id>{_safe(line.subject)}</p>"]
        if "withheld" in item:
            parts.append(f"<p>{_both(ELSEWHERE)}</p>")
        if line.kind == "decision":
            kind = str(line.detail["decision"])
            parts.append(f"<p>{_both(DECISIONS.get(kind, _plain(kind)))}</p>")
        if told.words:
            parts.append(f"<blockquote>{_safe(told.words)}</blockquote>")
        if told.version is not None:
            parts.append(self._answers(told.version, told.answers))
        parts += [
            f"<p class=file>{_both(ATTACHMENT)}: {_safe(str(file['name']))} "
            f"<code>{_safe(str(file.get('sha256')))}</code></p>"
            for file in item.get("files", ())
        ]
        return "".join(parts)

    def _answers(self, version: PublishedVersion, answers: Iterable[Shown]) -> str:
        rows = "".join(
            f"<tr><th>{self._label(version, each.path)}</th>"
            f"<td{' class=m' if each.is_masked else ''}>"
            f"{_words(_value(version, each))}</td></tr>"
            for each in answers
            if each.text and "/meta/" not in each.path
        )
        return f"<table class=answers>{rows}</table>"

    def _label(self, version: PublishedVersion, path: str) -> str:
        key = version.id, path
        if key not in self._labels:
            if len(self._labels) > MAX_REMEMBERED:
                self._labels.clear()
            self._labels[key] = _words(_label(version, path))
        return self._labels[key]

    def _moment(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%d-%m-%Y %H.%M}"

    def _person(self, actor: str) -> str:
        """Name who did it; by initials where personal data are withheld."""
        if actor not in self._people:
            try:
                id_ = UUID(actor)
            except ValueError:
                return _safe(actor)
            name = people_names([id_]).get(id_, actor)
            is_full = self.clearance is Clearance.FULL
            self._people[actor] = name if is_full else mask(NAME, name)
        return f"{_safe(self._people[actor])} <small>{_safe(actor[:8])}</small>"


def _report(report: Report) -> str:
    rows = "".join(
        f"<tr><td>{_words(indicator.label)}</td>{_figures(indicator)}</tr>"
        for form in report.forms
        for indicator in form.indicators
        if indicator.number or indicator.is_suppressed
    )
    if not rows:
        return ""
    head = "".join(
        f"<th>{_both(text)}</th>"
        for text in (
            Text("Indikator, dari entri yang disetujui", "Indicator, from approved"),
            Text("Nilai", "Value"),
            Text("Dari", "From"),
        )
    )
    return (
        f"<h2>Laporan <small>Report</small></h2><table><thead><tr>{head}</tr></thead>"
        f"{rows}</table>"
    )


def _figures(indicator: IndicatorReport) -> str:
    if indicator.is_suppressed:
        return f"<td colspan=2 class=m>{_both(FEW)}</td>"
    value = f"{_number(indicator.value)} {_safe(indicator.unit)}"
    return f"<td class=n>{value}</td><td class=n>{indicator.number}</td>"


def _number(value: Decimal | None) -> str:
    return "–" if value is None else number_words(f"{value:f}", "id")


def _title(version: PublishedVersion) -> str:
    return complete(version.definition.titles, version.form_id)["id"]


def _label(version: PublishedVersion, path: str) -> Translations:
    """Name a question, with the items that it stands in: `Berat (Wadah 2)`."""
    form = version.definition
    node = form.nodes.get(plain_path(path))
    if node is None:
        return same(path)
    label = complete(label_words(form, node), node.name)
    items = [
        (complete(label_words(form, form.nodes[around]), around[-1]), index or "1")
        for around, index in _around(path)
        if around in form.repeats
    ]
    if not items:
        return label
    return {
        code: f"{text} ({', '.join(f'{item[code]} {index}' for item, index in items)})"
        for code, text in label.items()
        if code in SHOWN
    }


def _around(path: str) -> Iterator[tuple[Path, str]]:
    """Give each step of a path with its index, as far as it has one."""
    names: list[str] = []
    for part in path.split("/")[1:]:
        name, _, index = part.partition("[")
        names.append(name)
        yield tuple(names), index.rstrip("]")


def _value(version: PublishedVersion, shown: Shown) -> Translations:
    """Give an answer, with labels for codes."""
    labels = version.definition.choice_labels(shown.path)
    if shown.is_masked or not labels:
        return same(shown.text)
    chosen = [complete(labels.get(each, {}), each) for each in shown.text.split()]
    return {code: ", ".join(each[code] for each in chosen) for code in SHOWN}


def _plain(text: str) -> Text:
    return Text(text, text)


def _both(text: Text) -> str:
    return _words(text.as_dict())


def _words(texts: Translations) -> str:
    """Write Indonesian, with the English behind it where it says something else."""
    indonesian, english = texts["id"], texts["en"]
    if indonesian == english:
        return _safe(indonesian)
    return f'{_safe(indonesian)} <small lang="en">{_safe(english)}</small>'


def _safe(text: str) -> str:
    """Escape a text, and show what would hide or turn other text as one sign."""
    return escape(_CONTROL.sub("�", text))
