"""Why an entry cannot be opened in Enketo, or its correction not be taken."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


class EnketoNotSetUp(Problem):
    """This installation has no Enketo server."""

    status = 409
    slug = "enketo-not-set-up"
    title = Text("Enketo belum disiapkan", "Enketo is not set up")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Server ini tidak punya Enketo. Perbaiki entri di HP, atau minta "
                "pengelola mengisi FIELDAPP_ENKETO_URL.",
                "This server has no Enketo. Correct the entry on the phone, or ask the "
                "operator to set FIELDAPP_ENKETO_URL.",
            )
        )


class NotCorrectable(Problem):
    """The entry takes no correction, or none that Enketo could make."""

    status = 409
    slug = "not-correctable"
    title = Text("Entri tidak bisa diperbaiki", "The entry cannot be corrected")


class EnketoRefused(Problem):
    """Enketo does not know our key, or does not serve this server."""

    status = 502
    slug = "enketo-refused"
    title = Text("Enketo menolak server ini", "Enketo refuses this server")

    def __init__(self, status: int) -> None:
        super().__init__(
            Text(
                "Enketo menolak server ini. Pengelola: cocokkan "
                "FIELDAPP_ENKETO_API_KEY dan FIELDAPP_PUBLIC_URL dengan `linked form "
                "and data server` di Enketo. Sementara itu perbaiki entri di HP.",
                "Enketo refuses this server. Operator: FIELDAPP_ENKETO_API_KEY and "
                "FIELDAPP_PUBLIC_URL must agree with Enketo's `linked form and data "
                "server`. Meanwhile, correct the entry on the phone.",
            ),
            enketo_status=status,
        )


class EnketoUnreachable(Problem):
    """Enketo did not answer, or not in time."""

    status = 503
    slug = "enketo-unreachable"
    title = Text("Enketo tidak menjawab", "Enketo does not answer")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Enketo tidak menjawab. Coba lagi nanti, atau perbaiki entri di HP.",
                "Enketo does not answer. Try again later, or correct the entry on the "
                "phone.",
            ),
            headers={"Retry-After": "60"},
        )


class EnketoFailed(Problem):
    """Enketo answered something that is no link."""

    status = 502
    slug = "enketo-failed"
    title = Text("Enketo gagal", "Enketo failed")

    def __init__(self, status: int) -> None:
        super().__init__(
            Text(
                f"Enketo menjawab dengan status {status}, tanpa tautan. Perbaiki entri "
                "di HP, dan beri tahu pengelola.",
                f"Enketo answered with status {status}, and no link. Correct the entry "
                "on the phone, and tell the operator.",
            ),
            enketo_status=status,
        )


class TooLargeForEnketo(Problem):
    """The entry is larger than Enketo takes."""

    status = 409
    slug = "too-large-for-enketo"
    title = Text("Terlalu besar untuk Enketo", "Too large for Enketo")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Entri ini lebih besar dari yang diterima Enketo. Perbaiki di HP, atau "
                "minta pengelola menaikkan `payload limit` di Enketo.",
                "The entry is larger than Enketo takes. Correct it on the phone, or "
                "ask the operator to raise Enketo's `payload limit`.",
            )
        )


class EditLinkExpired(Problem):
    """The address that Enketo was given is past its day, or was never one.

    410: Enketo shows our words for it, but its own for 401, 403 and 404.
    """

    status = 410
    slug = "edit-link-expired"
    title = Text("Tautan sudah habis masanya", "The link has expired")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Tautan perbaikan ini sudah habis masanya. Minta tautan baru, lalu isi "
                "lagi.",
                "This link for corrections has expired. Ask for a new one, and fill "
                "in again.",
            )
        )


class OtherEntry(Problem):
    """What came by a link does not correct the link's entry."""

    status = 409
    slug = "other-entry"
    title = Text("Bukan entri dari tautan ini", "Not the entry of this link")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Tautan ini hanya untuk memperbaiki satu entri. Isi entri lain di HP.",
                "This link is for the correction of one entry. Fill in other entries "
                "on the phone.",
            )
        )
