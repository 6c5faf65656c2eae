"""What is wrong with a server in the eyes of ODK Collect, in words for its operator."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fieldapp.web.text import Text


@dataclass(frozen=True)
class Fault:
    """One thing, and where; one that is no more than a remark stops no phone."""

    code: str
    where: str
    text: Text
    is_remark: bool


@dataclass
class Faults:
    """Collects what was found, each thing once, and tells it at once."""

    tell: Callable[[Fault], None] = lambda _: None
    found: list[Fault] = field(default_factory=list)

    @property
    def hard(self) -> list[Fault]:
        """Give those that stop a phone."""
        return [fault for fault in self.found if not fault.is_remark]

    def add(self, code: str, where: str, **values: object) -> None:
        """Note something."""
        text = (REMARKS | FAULTS)[code].format(**values)
        fault = Fault(code, where, text, is_remark=code in REMARKS)
        if fault not in self.found:
            self.found.append(fault)
            self.tell(fault)


FAULTS = {
    "no-answer": Text(
        "Tidak ada jawaban: {reason}.",
        "There is no answer: {reason}.",
    ),
    "password-asked": Text(
        "Server meminta kata sandi (401). HP akan menampilkan jendela masuk; alamat "
        "dengan token tidak boleh begitu. Untuk yang lain: --username.",
        "The server asks for a password (401). Phones show a login dialog; an address "
        "with a token must not. For others: --username.",
    ),
    "password-refused": Text(
        "Nama pengguna atau kata sandi ditolak (401).",
        "The user name or the password is refused (401).",
    ),
    "no-digest": Text(
        "Server meminta kata sandi (401) tanpa Digest, lewat http: HP tidak pernah "
        "menjawab Basic di luar https.",
        "The server asks for a password (401) without Digest, over http: phones never "
        "answer Basic outside of https.",
    ),
    "refused": Text(
        "Server menolak dengan {status}: {message}",
        "The server refuses with {status}: {message}",
    ),
    "no-version-header": Text(
        "Jawaban tanpa header X-OpenRosa-Version: HP menganggap ini bukan server "
        "OpenRosa.",
        "The answer has no X-OpenRosa-Version header: phones take it for no OpenRosa "
        "server.",
    ),
    "wrong-content-type": Text(
        "Content-Type {found}; HP hanya menerima text/xml.",
        "The Content-Type is {found}; phones take text/xml only.",
    ),
    "not-xml": Text(
        "Jawaban bukan XML yang utuh dalam UTF-8: {reason}.",
        "The answer is not well-formed XML in UTF-8: {reason}.",
    ),
    "wrong-root": Text(
        "Elemen akar {found}; HP hanya mengenal {wanted}.",
        "The root element is {found}; phones know {wanted} only.",
    ),
    "empty-list": Text(
        "Daftar formulir kosong dengan status 200: HP yang mengikuti server persis "
        "akan menghapus semua formulirnya.",
        "The form list is empty with status 200: phones that match the server exactly "
        "delete all their forms.",
    ),
    "entry-incomplete": Text(
        "Satu entri tanpa {names}: HP menolak seluruh daftar.",
        "An entry lacks {names}: phones reject the whole list.",
    ),
    "bad-hash": Text(
        "Hash {found!r} bukan md5: dengan 32 angka heksadesimal kecil. Tanpa itu "
        "unduhan gagal, atau formulir dianggap baru terus-menerus.",
        "The hash {found!r} is not md5: with 32 lower-case hexadecimal digits. Without "
        "it downloads fail, or the form looks updated for ever.",
    ),
    "hash-not-of-bytes": Text(
        "Hash di daftar {listed}, tetapi berkas yang diunduh {found}: HP mengunduh "
        "lagi terus-menerus, lalu menghapus formulirnya.",
        "The list says {listed}, but the file downloaded is {found}: phones download "
        "again and again, and then delete the form.",
    ),
    "not-listed": Text(
        "Formulir ini tidak ada di daftar.",
        "This form is not in the list.",
    ),
    "hash-changes": Text(
        "Hash versi yang sama berubah di antara dua permintaan.",
        "The hash of the same version changed between two requests.",
    ),
    "relative-address": Text(
        "Alamat {url!r} tidak lengkap (tanpa host).",
        "The address {url!r} is not absolute: it has no host.",
    ),
    "less-secure": Text(
        "Alamat {url} memakai http, padahal servernya https: token terkirim terbuka.",
        "The address {url} is http, though the server's is https: the token travels "
        "in the open.",
    ),
    "form-unreadable": Text(
        "Formulir tidak bisa dibuka: {reason}",
        "The form cannot be opened: {reason}",
    ),
    "form-is-another": Text(
        "Daftar menyebut {listed}, tetapi XForm-nya {found}.",
        "The list says {listed}, but the XForm is {found}.",
    ),
    "head-not-204": Text(
        "HEAD /submission dijawab {status}, bukan 204: HP mengira ada halaman masuk "
        "jaringan, dan tidak mengirim.",
        "HEAD /submission is answered {status}, not 204: phones think of a network's "
        "login page and send nothing.",
    ),
    "bad-limit": Text(
        "X-OpenRosa-Accept-Content-Length {found!r} bukan angka.",
        "X-OpenRosa-Accept-Content-Length {found!r} is no number.",
    ),
    "moved-elsewhere": Text(
        "HEAD menyuruh HP mengirim ke {url}: host lain dari {host}.",
        "HEAD tells phones to post to {url}: another host than {host}.",
    ),
    "post-redirected": Text(
        "Kiriman dialihkan ({status}): HP tidak mengirim ulang isinya.",
        "The post is redirected ({status}): phones do not send its body again.",
    ),
    "post-not-201": Text(
        "Kiriman dijawab {status}, bukan 201 atau 202: entri tetap di HP sebagai gagal "
        "terkirim. {message}",
        "The post is answered {status}, not 201 or 202: the entry stays on the phone "
        "as failed. {message}",
    ),
    "resend-refused": Text(
        "Entri yang sama, dikirim lagi, dijawab {status}: HP yang tidak mendapat "
        "jawaban pertama akan mengirim terus. {message}",
        "The same entry sent again is answered {status}: a phone that missed the first "
        "answer sends for ever. {message}",
    ),
    "no-message": Text(
        "Jawaban atas kiriman bukan OpenRosaResponse yang bisa dibaca.",
        "The answer to the post is no OpenRosaResponse that can be read.",
    ),
}
REMARKS = {
    "redirected": Text(
        "Dialihkan ke {url}; berikan alamat itu langsung kepada HP.",
        "Redirected to {url}; better give phones that address.",
    ),
    "cached": Text(
        "Cache-Control {found!r} menyembunyikan versi baru dari HP selama itu.",
        "Cache-Control {found!r} hides new versions from phones for so long.",
    ),
    "no-version-in-address": Text(
        "Alamat unduhan tidak memuat versi: terbitan di tengah unduhan mencampur "
        "berkas dua versi.",
        "The download address does not contain the version: publishing in the middle "
        "of a download mixes files of two versions.",
    ),
    "no-files": Text(
        "Manifest kosong; HP tetap mengambilnya setiap kali. Hapus manifestUrl.",
        "The manifest is empty; phones fetch it each time all the same. Leave "
        "manifestUrl out.",
    ),
    "no-limit": Text(
        "Tanpa X-OpenRosa-Accept-Content-Length; HP memakai 10 MB.",
        "There is no X-OpenRosa-Accept-Content-Length; phones take 10 MB.",
    ),
    "cannot-fill": Text(
        "Simulasi tidak menemukan isian yang sesuai aturan formulir: {reason}.",
        "The simulation found no answers within the form's rules: {reason}.",
    ),
    "encrypted": Text(
        "Formulir ini dienkripsi di HP; simulasi tidak mengisinya.",
        "This form is encrypted on phones; the simulation does not fill it in.",
    ),
    "unknown-list": Text(
        "Formulir membaca {names}, yang tidak ada di manifest.",
        "The form reads {names}, which the manifest does not have.",
    ),
}
