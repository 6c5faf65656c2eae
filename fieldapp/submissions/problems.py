"""Why a delivery is refused."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


class Unreadable(Problem):
    """The instance cannot be read at all: nothing of it is kept."""

    status = 400
    slug = "unreadable-entry"
    title = Text("Kiriman tidak bisa dibaca", "The entry cannot be read")


class TooLarge(Problem):
    """The delivery is larger than this server takes."""

    status = 413
    slug = "too-large"
    title = Text("Kiriman terlalu besar", "The delivery is too large")


class NotAllowed(Problem):
    """The sender has no right to send this form."""

    status = 403
    slug = "not-allowed"
    title = Text("Tidak berhak", "Not allowed")


class FileNameTaken(Problem):
    """Other content came under this name before; the new one is not kept."""

    status = 409
    slug = "file-name-taken"
    title = Text("Nama berkas sudah dipakai", "The file's name is taken")


class PurposeNeeded(Problem):
    """It is opened for another purpose only, which the reader has to name."""

    status = 403
    slug = "purpose-needed"
    title = Text("Tujuan harus disebut", "The purpose must be named")


class StillHeld(Problem):
    """A held entry still cannot be taken in."""

    status = 409
    slug = "still-held"
    title = Text("Masih tertahan", "Still held")


class AlreadyDecided(Problem):
    """Somebody decided about the held entry before."""

    status = 409
    slug = "already-decided"
    title = Text("Sudah diputuskan", "Decided already")


class OwnEntry(Problem):
    """Nobody decides about what they sent themselves."""

    status = 409
    slug = "own-entry"
    title = Text("Kiriman sendiri", "One's own entry")
