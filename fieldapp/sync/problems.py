"""What can be wrong with a request of our own client."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


class BadBody(Problem):
    """The body is not JSON, or not gzip where it says so."""

    status = 400
    slug = "bad-body"
    title = Text("Isi permintaan tidak bisa dibaca", "The body cannot be read")


class UnsupportedBody(Problem):
    """The body is of a type or in an encoding that is not taken here."""

    status = 415
    slug = "unsupported-body"
    title = Text("Jenis isi tidak didukung", "The type of body is not supported")


class UnknownFormVersion(Problem):
    """A record names a form version that could turn it into an entry, but is not here.

    An instance as XML is held in this case; a record cannot be written as XML
    without its form, so the client has to keep it.
    """

    status = 404
    slug = "unknown-form-version"
    title = Text("Versi formulir tidak dikenal", "The form version is not known")


class DigestMismatch(Problem):
    """What arrived is not what the client says it sent (RFC 9530)."""

    status = 400
    slug = "digest-mismatch"
    title = Text("Berkas rusak di jalan", "The file was damaged on its way")


class UnusableFileName(Problem):
    """A file's name could point elsewhere, or can't be kept."""

    status = 400
    slug = "unusable-file-name"
    title = Text("Nama berkas tidak bisa dipakai", "The file name cannot be used")
