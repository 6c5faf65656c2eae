"""A digest as a letter: plain text and simple HTML, in the person's language."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from zoneinfo import ZoneInfo

from fieldapp.notices.digests import Digest, VillageNumbers
from fieldapp.notices.models import DigestFrequency
from fieldapp.web.text import Text

SUBJECTS = {
    DigestFrequency.DAILY: Text("Ringkasan harian", "Daily digest"),
    DigestFrequency.WEEKLY: Text("Ringkasan mingguan", "Weekly digest"),
}
SINCE = Text("Sejak {since} sampai {until}.", "From {since} to {until}.")
RETURNED = Text(
    "Kiriman Anda yang dikembalikan dan perlu diperbaiki:",
    "Entries of yours that were returned and are to be corrected:",
)
RETURNED_ENTRIES = Text(
    "{title}: {entries} entri, {reasons} alasan",
    "{title}: entries {entries}, reasons {reasons}",
)
HELD = Text(
    "Entri yang tertahan dan menunggu keputusan: {number}",
    "Entries that are held and wait for a decision: {number}",
)
COLUMNS = (
    Text("Desa", "Village"),
    Text("Menunggu", "Waiting"),
    Text("Masuk", "Came"),
    Text("Dikembalikan", "Returned"),
    Text("Disetujui", "Approved"),
)
TOTAL = Text("Jumlah", "Total")
MORE = Text("... dan {number} desa lain", "... and {number} more villages")
OPEN = Text("Buka server: {url}", "Open the server: {url}")
WHY = Text(
    "Anda menerima surel ini karena memintanya di Fieldapp. Isinya hanya jumlah, tanpa "
    "data pribadi. Untuk berhenti: DELETE /api/v1/me/digest.",
    "You get this mail because you asked for it in Fieldapp. It has numbers only and "
    "no personal data. To stop it: DELETE /api/v1/me/digest.",
)

Row = tuple[str, ...]


def write_letter(
    digest: Digest, *, language: str, zone: ZoneInfo, url: str
) -> EmailMessage:
    """Write a digest as a mail, which still lacks its sender and its recipient."""
    letter = EmailMessage()
    subject = _in(SUBJECTS[digest.frequency], language)
    letter["Subject"] = f"Fieldapp: {subject}, {_day(digest.until, zone)}"
    letter["Date"] = format_datetime(digest.until)
    letter["Auto-Submitted"] = "auto-generated"
    letter["Content-Language"] = language
    head, foot = _head(digest, language, zone), _foot(language, url)
    rows = _rows(digest, language)
    letter.set_content(_as_text(head, rows, foot))
    letter.add_alternative(_as_html(head, rows, foot, language), subtype="html")
    return letter


def _head(digest: Digest, language: str, zone: ZoneInfo) -> list[str]:
    since, until = _moment(digest.since, zone), _moment(digest.until, zone)
    lines = [_in(SINCE, language).format(since=since, until=until)]
    if digest.returned:
        lines.append(_in(RETURNED, language))
    for each in digest.returned:
        title = each.form_title.get(language) or next(
            iter(each.form_title.values()), ""
        )
        told = RETURNED_ENTRIES.format(
            title=title, entries=each.entries, reasons=each.reasons
        )
        lines.append(f"- {_in(told, language)}")
    if digest.held:
        lines.append(_in(HELD, language).format(number=digest.held))
    return lines


def _rows(digest: Digest, language: str) -> list[Row]:
    if not digest.village_count:
        return []
    rows = [tuple(_in(column, language) for column in COLUMNS)]
    rows += [_row(each, each.name) for each in digest.villages]
    if more := digest.village_count - len(digest.villages):
        rows.append((_in(MORE, language).format(number=more), "", "", "", ""))
    rows.append(_row(digest.total, _in(TOTAL, language)))
    return rows


def _row(numbers: VillageNumbers, name: str) -> Row:
    counts = (numbers.waiting, numbers.came, numbers.returned, numbers.approved)
    return (name, *(str(count) for count in counts))


def _foot(language: str, url: str) -> list[str]:
    return [_in(OPEN, language).format(url=url), _in(WHY, language)]


def _as_text(head: Sequence[str], rows: Sequence[Row], foot: Sequence[str]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    table = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*head, "", *table, "", *foot, ""])


def _as_html(
    head: Sequence[str], rows: Sequence[Row], foot: Sequence[str], language: str
) -> str:
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in head)
    table = "".join(_html_row(row, is_first=row is rows[0]) for row in rows)
    end = "".join(f"<p>{escape(line)}</p>" for line in foot)
    return (
        f'<!DOCTYPE html><html lang="{language}"><body>{paragraphs}'
        f'<table cellpadding="4">{table}</table>{end}</body></html>'
    )


def _html_row(row: Row, *, is_first: bool) -> str:
    tag = "th" if is_first else "td"
    name, *counts = (escape(cell) for cell in row)
    cells = "".join(f'<{tag} align="right">{count}</{tag}>' for count in counts)
    return f'<tr><{tag} align="left">{name}</{tag}>{cells}</tr>'


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")


def _day(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).date().isoformat()


def _in(text: Text, language: str) -> str:
    return text.en if language == "en" else text.id
