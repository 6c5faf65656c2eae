"""What can be wrong with a phone's request."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


class WrongDeviceToken(Problem):
    """The token in the address is unknown or revoked.

    Never 401: Collect would ask for a password that does not exist
    (openrosa.md, section 7).
    """

    status = 403
    slug = "wrong-device-token"
    title = Text("HP ini tidak dikenal", "This phone is not known")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Alamat server di HP ini salah atau sudah dicabut. Data di HP tetap "
                "aman. Minta kode QR baru kepada koordinator.",
                "The server address on this phone is wrong or was revoked. What is "
                "on the phone stays safe. Ask the coordinator for a new QR code.",
            )
        )


class NoTask(Problem):
    """The person may fill in no form anywhere.

    Not an empty list: a phone that matches the server's list would delete all its
    forms, and a role is sometimes taken by mistake.
    """

    status = 403
    slug = "no-task"
    title = Text("Tidak ada tugas", "No task")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Anda belum punya tugas mengisi formulir. Hubungi koordinator.",
                "You have no task that lets you fill in forms. Ask your coordinator.",
            )
        )


class BadDelivery(Problem):
    """The body of a submission is not the multipart message that it must be."""

    status = 400
    slug = "bad-delivery"
    title = Text("Kiriman tidak bisa dibaca", "The delivery cannot be read")
