"""The words of a summary, in Indonesian and English."""

from fieldapp.web.text import Text

KINDS = {
    "revision-received": Text("Entri diterima", "Entry received"),
    "files-received": Text("Lampiran menyusul", "Attachments came later"),
    "decision": Text("Keputusan", "Decision"),
    "comment": Text("Komentar", "Comment"),
    "assigned": Text("Pemeriksa ditunjuk", "Reviewer asked"),
    "entry-moved": Text("Entri pindah desa", "Entry moved to another village"),
    "entry-held": Text("Entri ditahan", "Entry held"),
    "held-entry-released": Text("Entri tertahan diterima", "Held entry taken in"),
    "held-entry-discarded": Text("Entri tertahan dibuang", "Held entry discarded"),
    "role-granted": Text("Peran diberikan", "Role granted"),
    "role-taken": Text("Peran dicabut", "Role taken back"),
    "export": Text("Dossier diterbitkan", "Dossier issued"),
    "export-begun": Text("Ekspor data dimulai", "Data export begun"),
    "export-ended": Text("Ekspor data selesai", "Data export ended"),
    "personal-read": Text("Data pribadi dibuka", "Personal data opened"),
    "form-published": Text("Formulir terbit", "Form published"),
    "form-state-changed": Text("Keadaan formulir berubah", "Form's state changed"),
}
"""What an entry of a log tells; another kind goes by its name."""

STATES = {
    "received": Text("menunggu", "waiting"),
    "approved": Text("disetujui", "approved"),
    "returned": Text("dikembalikan", "returned"),
    "rejected": Text("ditolak", "rejected"),
}

DECISIONS = {
    "approve": Text("menyetujui", "approved"),
    "return": Text("mengembalikan", "returned"),
    "reject": Text("menolak", "rejected"),
    "reopen": Text("membuka kembali", "reopened"),
}

PURPOSES = {
    "audit": Text(
        "audit: data pribadi ditutup, lampiran hanya sidiknya",
        "audit: personal data withheld, attachments by digest only",
    ),
    "certification": Text(
        "sertifikasi: lahan dan lampiran terbuka, data pribadi lain ditutup",
        "certification: plots and attachments open, other personal data withheld",
    ),
    "full": Text("lengkap: tidak ada yang ditutup", "full: nothing is withheld"),
}

ATTACHMENT = Text("Lampiran", "Attachment")
FEW = Text("kurang dari lima orang", "fewer than five people")
NOTHING = Text(
    "Tidak ada kejadian pada masa ini.", "Nothing happened in this village then."
)
ELSEWHERE = Text(
    "Isi tidak disertakan: entri ini sekarang milik desa lain.",
    "Not told: the entry now belongs to another village.",
)
PROOF = Text(
    "Halaman ini untuk dibaca; buktinya ada di berkas lain dalam dossier ini. "
    "Jalankan verify.py (dari sumber yang Anda percaya, bukan dari dossier ini) "
    "seperti tertulis di HOWTO.txt. Nilai bertanda ▒ ditutup: yang terlihat hanya "
    "sebagian, dan hanya sidiknya yang dibuktikan.",
    "This page is for reading; the proof is in the other files of this dossier. Run "
    "verify.py (from a source that you trust, not from this dossier) as HOWTO.txt "
    "says. Values marked ▒ are withheld: only a part shows, and only their digest is "
    "proved.",
)

HOWTO = """\
CARA MEMBUKTIKAN DOSSIER INI / HOW TO PROVE THIS DOSSIER

Jangan membungkus ulang berkas ZIP ini. / Do not pack this ZIP file anew.

1. Ambil verify.py dari pengelola lewat jalan lain (situs resmi, atau
   `fieldapp ledger verifier verify.py`), BUKAN dari dossier ini: siapa yang mengubah
   dossier dapat mengubah salinan di dalamnya. Bandingkan SHA-256-nya.
   Take verify.py from the operator by another way (their site, or
   `fieldapp ledger verifier verify.py`), NOT from this dossier: whoever changes the
   dossier can change the copy inside. Compare its SHA-256.

2. Minta kunci publik pengelola lewat jalan lain juga (telepon, surat, situs).
   Ask for the operator's public key by another way, too (phone, letter, site).

3. Siapkan yang pernah Anda lihat: dossier atau kepala catatan yang lama, atau daftar
   kepala yang diumumkan. Hanya dengan itu penulisan ulang oleh pengelola ketahuan.
   Have at hand what you saw before: an older dossier or head of this log, or a list
   of heads that was published. Only that shows what the operator has rewritten.

4. Jalankan (Python 3.9 atau lebih baru, tanpa pemasangan apa pun):
   Run (Python 3.9 or newer, nothing to install):

     python3 verify.py DOSSIER.zip --key KUNCI --head LAMA.zip --area {area}

   OK: tidak ada yang diubah. / nothing was changed.
   SALAH / FAULT: tiap baris menyebut berkas, entri, dan apa yang salah.
                  each line names the file, the entry, and what is wrong.

ISI / CONTENTS

manifest.json    daftar berkas dengan sidiknya; sidik daftar ini tertulis di entri
                 terakhir catatan / the files with their digests; the digest of this
                 list stands in the last entry of the log
log.ndjson       seluruh catatan wilayah ini, dengan kepala bertanda tangan
                 the whole log of this area, with its signed head
contents.ndjson  jawaban, catatan dan lampiran masa ini, dengan garamnya
                 the answers, notes and attachments of the period, with their salts
summary.html     ringkasan untuk dibaca dan dicetak / a summary to read and print
report.json      laporan masa ini / the report of the period
forms/           formulir yang diisi / the forms that were filled in
files/           lampiran, menurut SHA-256 / attachments, by SHA-256
verify.py        program pembukti / the verifier
"""
