"""Why a form is refused, and what to do about it, in Indonesian and English.

The reasons are those for which JavaRosa does not load a form, and a few of our own.
"""

from collections.abc import Mapping

from fieldapp.xform.definition import FormError, Path, path_text
from fieldapp.xform.place import NOWHERE, Place
from fieldapp.xform.xpath import XPathError, XPathLimit, XPathSyntaxError

_REASONS: Mapping[str, tuple[str, str]] = {
    "too-large": (
        "formulir ini terlalu besar; bagi menjadi beberapa formulir.",
        "the form is too large; split it into several.",
    ),
    "big-file": (
        "berkas {name} terlalu besar; hapus baris atau kolom yang tidak dipakai.",
        "the file {name} is too large; remove rows or columns that are not used.",
    ),
    "big-sheet": (
        "sebuah lembar terlalu besar; hapus baris dan kolom yang kosong.",
        "a sheet is too large; remove empty rows and columns.",
    ),
    "encoding": (
        "byte ke-{byte} bukan UTF-8; simpan berkas sebagai UTF-8.",
        "byte {byte} is not UTF-8; save the file as UTF-8.",
    ),
    "no-workbook": (
        "berkas ini bukan buku kerja .xlsx; simpan sebagai .xlsx.",
        "the file is no .xlsx workbook; save it as one.",
    ),
    "unpacks": (
        "buku kerjanya menjadi {size} byte bila dibuka; hapus isi yang tidak perlu.",
        "the workbook unpacks to {size} bytes; remove what is not needed.",
    ),
    "pyxform": ("ditolak oleh pyxform: {why}", "pyxform refuses it: {why}"),
    "no-question": (
        "tidak ada pertanyaan bernama {name!r}; samakan namanya.",
        "there is no question named {name!r}; make the names agree.",
    ),
    "two-questions": (
        "ada lebih dari satu pertanyaan bernama {name!r}; tulis jalurnya.",
        "there is more than one question named {name!r}; write its path.",
    ),
    "doctype": (
        "jenis dokumen (DOCTYPE) tidak diterima; hapus baris itu.",
        "a document type is not accepted; remove that line.",
    ),
    "byte-order-mark": (
        (
            "berkas diawali tanda urutan bita (BOM), yang tidak terbaca di ponsel; "
            "simpan sebagai UTF-8 tanpa BOM."
        ),
        (
            "the file begins with a byte order mark, which phones do not read; save it "
            "as UTF-8 without one."
        ),
    ),
    "not-well-formed": (
        "berkas ini bukan XML yang utuh dalam UTF-8; perbaiki di tempat ini: {why}",
        "not well-formed XML in UTF-8; mend it at this place: {why}",
    ),
    "too-many-attributes": (
        "sebuah elemen punya lebih dari {limit} atribut; hapus yang tidak perlu.",
        "an element has more than {limit} attributes; remove what is not needed.",
    ),
    "no-model": (
        "tidak ada <model> di dalamnya; berkas ini bukan XForm.",
        "there is no model in it; the file is no XForm.",
    ),
    "no-instance": (
        "<model> tidak memuat <instance>; tambahkan isian kosongnya.",
        "the model has no primary instance; add the blank record.",
    ),
    "model-late": (
        "<{name}> berdiri sebelum <instance> pertama; pindahkan ke belakangnya.",
        "<{name}> stands before the first <instance>; move it behind.",
    ),
    "model-tag": (
        "<model> memuat <{name}> yang tidak dikenal; hapus elemen itu.",
        "the model has an unknown element <{name}>; remove it.",
    ),
    "model-text": (
        "<model> memuat teks {text!r}; hapus teks itu.",
        "the model has a text {text!r}; remove it.",
    ),
    "instance-children": (
        "<instance> {name} memuat lebih dari satu elemen; sisakan satu.",
        "the instance {name} has more than one child element; keep one.",
    ),
    "model-type": (
        "jr:modeltype {name!r} tidak dikenal; hapus atribut itu.",
        "the jr:modeltype {name!r} is unknown; remove the attribute.",
    ),
    "two-templates": (
        "kelompok berulang punya dua jr:template; sisakan satu.",
        "a repeat has two templates; keep one.",
    ),
    "stray-template": (
        (
            "ada jr:template, tetapi bukan milik kelompok berulang, atau tidak di "
            "dalam template induknya; hapus atribut itu."
        ),
        (
            "a jr:template that no repeat has, or outside of the template of the "
            "repeat around it; remove the attribute."
        ),
    ),
    "too-many-nodes": (
        "isian kosongnya terlalu besar atau terlalu dalam; sederhanakan.",
        "the blank instance is too large; make it simpler.",
    ),
    "too-deep": (
        "kelompok bertumpuk terlalu dalam; kurangi tingkatnya.",
        "groups are nested too deeply; use fewer levels.",
    ),
    "too-many-questions": (
        "pertanyaannya terlalu banyak; bagi menjadi beberapa formulir.",
        "there are too many questions; split the form into several.",
    ),
    "reference-too-long": (
        "rujukan {text!r}… terlalu panjang; sederhanakan.",
        "the reference {text!r}… is too long; make it simpler.",
    ),
    "no-path": (
        "{text!r} bukan jalur ke sebuah isian; tulis seperti /data/nama.",
        "{text!r} is not a path; write it like /data/name.",
    ),
    "no-node": (
        "<{name}> tidak menunjuk isian; beri atribut {needed}.",
        "{name} names no node; give it the attribute {needed}.",
    ),
    "missing-node": (
        "isian yang ditunjuk <{name}> tidak ada di <instance>; samakan namanya.",
        "the node of a {name} does not exist; make the names agree.",
    ),
    "no-bind-id": (
        "tidak ada <bind> dengan id {name!r}; samakan namanya.",
        "there is no bind with the id {name!r}; make the names agree.",
    ),
    "two-bind-ids": (
        "dua <bind> punya id {name!r}; ubah salah satunya.",
        "two binds have the id {name!r}; change one.",
    ),
    "stray-label": (
        "ada <label> yang bukan milik pertanyaan atau kelompok; pindahkan.",
        "a label belongs to no question and no group; move it into one.",
    ),
    "formula": (
        "rumus {name} tidak dapat dibaca{where}; perbaiki rumusnya.",
        "{name}: {why}; mend the formula.",
    ),
    "formula-too-large": (
        "rumus {name} terlalu besar: {why}; bagi menjadi beberapa rumus.",
        "{name}: the formula is too large: {why}; split it into several.",
    ),
    "too-much-logic": (
        "semua rumus formulir ini bersama-sama terlalu besar; bagi formulirnya.",
        "the formulas of the form are too large together; split the form.",
    ),
    "too-many-links": (
        "rumus formulir saling merujuk terlalu banyak; kurangi rujukannya.",
        "the formulas of the form refer to each other too much; let them refer less.",
    ),
    "circle": (
        "rumusnya berputar; putuskan lingkarannya:",
        "the logic goes in a circle; break it:",
    ),
    "no-list": (
        "tidak ada daftar {name!r}; tambahkan, atau samakan namanya.",
        "there is no list {name!r}; add it, or make the names agree.",
    ),
    "no-choices": (
        "pertanyaan pilihan ini tidak punya pilihan; tambahkan.",
        "the list has no choices; add some.",
    ),
    "two-lists": (
        "pertanyaan ini punya lebih dari satu sumber pilihan; sisakan satu.",
        "the list has both choices and an itemset, or two; keep one.",
    ),
    "choice": (
        "sebuah pilihan tidak punya label atau nilai; lengkapi.",
        "a choice lacks its value or its label; add it.",
    ),
    "itemset": (
        "itemset butuh nodeset, value dan label, masing-masing sebuah jalur; lengkapi.",
        "an itemset needs nodeset, value and label, each a path; complete it.",
    ),
    "no-column": (
        "{kind} {name!r} tidak ada di item pertama daftarnya; samakan namanya.",
        "the list has no {kind} {name!r} in its first item; make the names agree.",
    ),
    "itemset-repeat": (
        "jawaban pilihan ini adalah kelompok berulang; tunjuk isian biasa.",
        "the itemset sets a value on a repeat; name a plain node.",
    ),
    "itemset-copy": (
        "itemset dengan <copy> hanya untuk kelompok berulang; pakai <value>.",
        "an itemset with <copy> is for repeats only; use <value>.",
    ),
    "range": (
        "{name}={text!r} bukan angka; tulis angka, misalnya 1 atau 0.5.",
        "{name}={text!r} is no number; write one, such as 1 or 0.5.",
    ),
    "label-reference": (
        "{name} merujuk {text!r}, bukan teks; tulis jr:itext('id').",
        "{name} refers to {text!r}, which is no text; write jr:itext('id').",
    ),
    "no-text": (
        "{name}: bahasa utama tidak punya teks {text!r}; tambahkan.",
        "{name}: the default language lacks {text!r}; add it.",
    ),
    "output": (
        "<output> tidak menyebut nilai; beri atribut value.",
        "an output names no value; give it the attribute value.",
    ),
    "osm-tag": (
        "label atau nilai sebuah <tag> kosong; isi.",
        "a label or value of a tag is empty; fill it in.",
    ),
    "no-translation": (
        "<itext> tidak punya terjemahan; tambahkan, atau hapus <itext>.",
        "itext has no translation; add one, or remove itext.",
    ),
    "language": (
        "sebuah terjemahan tidak punya bahasa sendiri: {name!r}; beri lang lain.",
        "a translation has no language of its own: {name!r}; give it another lang.",
    ),
    "too-many-languages": (
        "ada lebih dari {limit} bahasa; hapus yang tidak dipakai.",
        "there are more than {limit} languages; remove those that are not used.",
    ),
    "text-too-long": (
        "teks {text!r}… terlalu panjang; pendekkan.",
        "the text {text!r}… is too long; shorten it.",
    ),
    "two-defaults": (
        "lebih dari satu terjemahan menjadi bahasa utama; sisakan satu.",
        "more than one translation is the default; keep one.",
    ),
    "text-id": (
        "{language}: sebuah teks tidak punya id sendiri: {name!r}; beri id lain.",
        "{language}: a text has no id of its own: {name!r}; give it another.",
    ),
    "text-child": (
        "{language}: teks {name!r} memuat <{child}>; hanya <value> yang boleh.",
        "{language}: the text {name!r} has a <{child}>; only <value> may stand there.",
    ),
    "root-repeat": (
        "akar formulir tidak dapat berulang; pakai kelompok di bawahnya.",
        "the root cannot be repeated; use a group below it.",
    ),
    "outside-repeat": (
        "hanya di body ia di dalam kelompok berulang {repeat}; pindahkan.",
        "it is inside the repeat {repeat} in the body only; move it.",
    ),
    "inside-repeat": (
        (
            "ia milik kelompok berulang {repeat}, tetapi tidak berada di dalam "
            "<repeat> itu; pindahkan ke dalamnya."
        ),
        (
            "it belongs to the repeat {repeat}, but is not inside that <repeat> in the "
            "body; move it there."
        ),
    ),
    "self-repeat": (
        "kelompok berulang di dalam dirinya sendiri; hapus salah satunya.",
        "a repeat inside itself; remove one.",
    ),
    "action-event": (
        (
            "{name}: peristiwa {event!r} tidak dikenal; pakai misalnya "
            "odk-instance-first-load."
        ),
        "{name}: unknown event {event!r}; use for example odk-instance-first-load.",
    ),
    "action-place": (
        "{name}: odk-new-repeat hanya untuk aksi di dalam <repeat>; pindahkan.",
        "{name}: odk-new-repeat is for actions inside a <repeat>; move it there.",
    ),
    "action-load": (
        "{name} hanya dapat dimulai saat isian dibuka; pakai odk-instance-load.",
        "{name} can only begin when the record is opened; use odk-instance-load.",
    ),
    "action-namespace": (
        "{name} harus berada di ruang nama http://www.opendatakit.org/xforms.",
        "{name} must be in the namespace http://www.opendatakit.org/xforms.",
    ),
    "action-target": (
        "{name} menunjuk isian yang berulang; letakkan aksi di dalam <repeat>.",
        "{name} has several nodes as its target; put it inside the <repeat>.",
    ),
    "action-value": (
        "{name}: nilai {text!r} tidak cocok dengan jenis isian ({kind}); ubah.",
        "{name}: the value {text!r} does not fit the node's type ({kind}); change it.",
    ),
    "group-value": (
        "sebuah kelompok tidak dapat diberi nilai; tunjuk sebuah isian.",
        "a group cannot have a value; name a question instead.",
    ),
    "preload": (
        "jr:preload {name} dengan {params!r} tidak dikenal; pakai misalnya today.",
        "jr:preload {name} with {params!r} is unknown; use for example today.",
    ),
    "count-node": (
        "isian yang disebut jr:count tidak ada; samakan namanya.",
        "the node that jr:count names does not exist; make the names agree.",
    ),
    "unreadable": (
        "berkas {name} tidak dapat dibaca: {why}; perbaiki berkasnya.",
        "the file {name} cannot be read: {why}; mend it.",
    ),
    "no-value": (
        (
            "formulir kosongnya tidak dapat dibuka, karena {name} gagal: {why}; "
            "perbaiki rumusnya."
        ),
        "the blank form cannot be opened, as {name} fails: {why}; mend the formula.",
    ),
}


def refusal(
    code: str,
    path: Path | str = "",
    *,
    attribute: str = "",
    place: Place = NOWHERE,
    around: tuple[tuple[str, str], ...] = (),
    **given: object,
) -> FormError:
    """Make the error that tells why a form is refused, and where.

    `given` fills the reason in; all else is as in `FormError`.
    """
    indonesian, english = _REASONS[code]
    texts = {"id": indonesian.format(**given), "en": english.format(**given)}
    where = path_text(path) if path and not isinstance(path, str) else "".join(path)
    return FormError(
        code, texts, where, attribute=attribute, place=place, around=around
    )


def formula_refusal(
    error: XPathError, path: Path, attribute: str = "XPath"
) -> FormError:
    """Make the error for a formula that cannot be read, and say from where on."""
    if isinstance(error, XPathLimit):
        return refusal(
            "formula-too-large", path, attribute=attribute, name=attribute, why=error
        )
    where = f": {error}"
    if isinstance(error, XPathSyntaxError):
        where = f" mulai huruf ke-{error.position + 1}: {error.source[:200]!r}"
    return refusal(
        "formula", path, attribute=attribute, name=attribute, why=error, where=where
    )
