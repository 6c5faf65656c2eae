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


class PhoneSignInRequired(Problem):
    """A phone at the address without a token gave no credentials that are taken."""

    status = 401
    slug = "phone-sign-in-required"
    title = Text("HP belum masuk", "The phone is not signed in")

    def __init__(self, *, is_stale: bool = False) -> None:
        super().__init__(
            Text(
                "Isi nama pengguna dan kata sandi HP ini di pengaturan server.",
                "Enter this phone's user name and password in the server settings.",
            )
        )
        self.is_stale = is_stale


class WrongDevicePassword(Problem):
    """The name, or the password of the phone, is wrong."""

    status = 401
    slug = "wrong-device-password"
    title = Text("Kata sandi HP salah", "The phone's password is wrong")

    def __init__(self, username: str) -> None:
        super().__init__(
            Text(
                "Nama pengguna atau kata sandi HP salah. Bukan kata sandi akun: minta "
                "kata sandi HP kepada koordinator.",
                "The user name or the phone's password is wrong. It is not that of the "
                "account: ask the coordinator for the phone's.",
            )
        )
        self.username = username


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
