"""What the intake tells people, in words that a phone really shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from fieldapp.submissions.delivery import OutcomeStatus
from fieldapp.web.text import Text

SHOWN_FIELDS = 3
"""How many questions a phone's small dialog can name."""

RECEIVED = Text("Diterima.", "Received.")
RECEIVED_WITH_VIOLATIONS = Text(
    "Diterima, tetapi {count} isian melanggar aturan formulir: {fields}. "
    "Koordinator akan memeriksanya.",
    "Received, but {count} answers break the form's rules: {fields}. "
    "A coordinator will look at them.",
)
REVISED = Text("Perbaikan diterima.", "The correction is received.")
DUPLICATE = Text("Sudah diterima sebelumnya.", "Already received before.")

HELD_CONFLICT = Text(
    "Disimpan, belum dihitung: entri dengan nomor yang sama sudah ada tetapi isinya "
    "lain. Koordinator akan memilih; tidak perlu dikirim lagi.",
    "Kept, not yet counted: an entry with the same id is here with other content. "
    "A coordinator will choose; there is no need to send it again.",
)
HELD_FILE_CONFLICT = Text(
    "Disimpan, belum dihitung: berkas {name} sudah ada dengan isi lain. Koordinator "
    "akan memilih; tidak perlu dikirim lagi.",
    "Kept, not yet counted: the file {name} is here with other content. A "
    "coordinator will choose; there is no need to send it again.",
)
HELD_OUTDATED = Text(
    "Disimpan, belum dihitung: perbaikan ini untuk versi yang bukan lagi yang "
    "terbaru. Koordinator akan memilih; tidak perlu dikirim lagi.",
    "Kept, not yet counted: this corrects a revision that is no longer the newest. "
    "A coordinator will choose; there is no need to send it again.",
)
HELD_CLOSED = Text(
    "Disimpan, belum dihitung: entri yang diperbaiki sudah disetujui atau ditolak. "
    "Koordinator akan memilih; tidak perlu dikirim lagi.",
    "Kept, not yet counted: the entry that it corrects is approved or rejected "
    "already. A coordinator will choose; there is no need to send it again.",
)
HELD_ORIGINAL_MISSING = Text(
    "Disimpan, belum dihitung: entri yang diperbaiki belum ada di sini. Kirim juga "
    "entri aslinya; koordinator akan memeriksa.",
    "Kept, not yet counted: the entry that it corrects is not here. Send the "
    "original too; a coordinator will look at it.",
)

HELD_NO_VILLAGE = Text(
    "Disimpan, belum dihitung: desa tidak diisi. Koordinator Anda akan memeriksa.",
    "Kept, not yet counted: no village is given. Your coordinator will look at it.",
)
HELD_UNDOTTED = Text(
    "Disimpan, belum dihitung: kode desa {code} tanpa titik bisa berarti dua desa. "
    "Pilih desa dari daftar (contoh kode: 33.02.16.2007).",
    "Kept, not yet counted: the village code {code} has no dots and may mean two "
    "villages. Choose the village from the list (a code looks like 33.02.16.2007).",
)
HELD_UNKNOWN_AREA = Text(
    "Disimpan, belum dihitung: kode desa {code} tidak dikenal. Perbarui daftar desa "
    "di HP; koordinator Anda akan memeriksa.",
    "Kept, not yet counted: the village code {code} is not known. Update the list "
    "of villages on the phone; your coordinator will look at it.",
)
HELD_OUTSIDE = Text(
    "Disimpan, belum dihitung: desa {code} di luar wilayah tugas Anda. Koordinator "
    "Anda akan memeriksa.",
    "Kept, not yet counted: the village {code} is outside your area. Your "
    "coordinator will look at it.",
)

HELD_UNKNOWN_FORM = Text(
    "Disimpan, belum dihitung: formulir {form} versi {version} belum terbit di sini. "
    "Koordinator akan memeriksa; tidak perlu dikirim lagi.",
    "Kept, not yet counted: version {version} of the form {form} is not published "
    "here. A coordinator will look at it; there is no need to send it again.",
)
HELD_CLOSED_FORM = Text(
    "Disimpan, belum dihitung: formulir {form} sudah ditutup. Koordinator akan "
    "memeriksa; tidak perlu dikirim lagi.",
    "Kept, not yet counted: the form {form} is closed. A coordinator will look at "
    "it; there is no need to send it again.",
)
SEALED_LABEL = Text("Entri terkunci", "Sealed entry")
SEALED = Text(
    "Isian dienkripsi di HP. Server menyimpannya utuh, tetapi tidak bisa membaca, "
    "memeriksa, atau menghitungnya.",
    "The answers were encrypted on the phone. The server keeps them whole, but cannot "
    "read, check or count them.",
)

NO_SUCH_ENTRY = Text(
    "Entri ini tidak ada, atau bukan kiriman Anda.",
    "There is no such entry, or you did not send it.",
)
FILE_NAME_TAKEN = Text(
    "Berkas {name} sudah ada dengan isi lain; yang baru tidak disimpan. Kirim sebagai "
    "perbaikan entri, dengan nama lain.",
    "The file {name} is here with other content; the new one is not kept. Send it "
    "with a correction of the entry, under another name.",
)
FILE_RECEIVED = Text("Berkas diterima.", "The file is received.")
ALREADY_DECIDED = Text(
    "Entri tertahan ini sudah diputuskan.",
    "This held entry is decided already.",
)
OWN_ENTRY = Text(
    "Kiriman sendiri harus diputuskan orang lain.",
    "Somebody else must decide about what you sent yourself.",
)
NO_RIGHT = Text(
    "Anda tidak bertugas mengisi formulir ini. Minta koordinator memberi tugas.",
    "You have no task that lets you send this form. Ask your coordinator for one.",
)
CLOCK_AHEAD = Text(
    "Jam HP lebih dari 24 jam di depan jam server. Atur tanggal dan jam HP.",
    "The phone's clock is more than 24 hours ahead. Set the phone's date and time.",
)
CLOCK_OLD = Text(
    "Isian dibuat lebih dari 90 hari sebelum dikirim. Periksa jam HP atau tanyakan "
    "mengapa terlambat.",
    "The entry was made more than 90 days before it came. Check the phone's clock, "
    "or ask why it is late.",
)
CLOCK_LABEL = Text("Waktu pengisian", "Time of filling in")

UNREADABLE = {
    "empty": Text("Isi kiriman kosong.", "There is nothing in it."),
    "too-large": Text("XML terlalu besar.", "The XML is too large."),
    "nul": Text("Ada byte NUL di dalamnya.", "There is a NUL byte in it."),
    "encoding": Text("Teksnya bukan UTF-8.", "Its text is not UTF-8."),
    "doctype": Text(
        "DOCTYPE dan entitas XML tidak diterima.",
        "DOCTYPE and XML entities are not accepted.",
    ),
    "cut-off": Text(
        "XML terpotong di tengah. Kirim lagi dengan sinyal yang lebih baik.",
        "The XML is cut off. Send it again over a better connection.",
    ),
    "not-well-formed": Text(
        "XML tidak tersusun dengan benar.", "The XML is not well-formed."
    ),
    "too-deep": Text("XML bertingkat terlalu dalam.", "The XML is nested too deeply."),
    "too-many-nodes": Text(
        "XML punya terlalu banyak elemen.", "The XML has too many elements."
    ),
    "no-form-id": Text(
        "Tidak ada id formulir (atribut id pada elemen akar).",
        "There is no form id (the attribute id of the root element).",
    ),
    "no-instance-id": Text(
        "Tidak ada instanceID, jadi kiriman ganda tidak bisa dikenali.",
        "There is no instanceID, so that duplicates could not be told apart.",
    ),
    "bad-instance-id": Text(
        "instanceID tidak sah atau terlalu panjang.",
        "The instanceID is malformed or too long.",
    ),
}
"""Why an instance cannot be read, by the engine's code for it."""


_CLEAN = {OutcomeStatus.DUPLICATE: DUPLICATE, OutcomeStatus.REVISED: REVISED}


def told(status: OutcomeStatus, violations: Sequence[Mapping[str, Any]]) -> Text:
    """Say what became of an entry, and which questions break the form's rules.

    Of an entry that is sent in parts, a phone shows the last answer alone: what is
    wrong is told with each part, though all but the first are duplicates.
    """
    if not violations:
        return _CLEAN.get(status, RECEIVED)
    fields, counted = named(violations), {"count": len(violations)}
    return Text(
        RECEIVED_WITH_VIOLATIONS.id.format(fields=fields.id, **counted),
        RECEIVED_WITH_VIOLATIONS.en.format(fields=fields.en, **counted),
    )


def named(violations: Sequence[Mapping[str, Any]]) -> Text:
    """Name the questions of some violations, as many as a phone can show."""
    shown = violations[:SHOWN_FIELDS]
    return Text(_listed(shown, "id"), _listed(shown, "en"))


def _listed(violations: Sequence[Mapping[str, Any]], language: str) -> str:
    """Name the questions, each with its item: `Kadar air (Wadah 2)`."""
    return ", ".join(
        f"{each['label'][language]} ({each['item'][language]})"
        if each.get("item")
        else str(each["label"][language])
        for each in violations
    )
