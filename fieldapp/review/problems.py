"""Why a decision is refused."""

from fieldapp.submissions.models import SubmissionState
from fieldapp.web.problems import FieldError, Problem
from fieldapp.web.text import Text

STATE_NAMES = {
    SubmissionState.RECEIVED: Text("menunggu", "received"),
    SubmissionState.APPROVED: Text("disetujui", "approved"),
    SubmissionState.RETURNED: Text("dikembalikan", "returned"),
    SubmissionState.REJECTED: Text("ditolak", "rejected"),
}


class DecisionNotAllowed(Problem):
    """The entry's state does not take the decision."""

    status = 409
    slug = "decision-not-allowed"
    title = Text(
        "Keputusan ini tidak bisa sekarang", "The entry does not take this decision"
    )

    def __init__(self, state: SubmissionState) -> None:
        name = STATE_NAMES[state]
        super().__init__(
            Text(
                f"Entri ini sedang berstatus {name.id}. Muat ulang, lalu putuskan "
                "lagi.",
                f"The entry is {name.en} at present. Load it again, then decide.",
            ),
            state=state.value,
        )


class RevisionOutdated(Problem):
    """The decision is about a revision that is not the current one."""

    status = 409
    slug = "revision-outdated"
    title = Text("Ada revisi yang lebih baru", "There is a newer revision")

    def __init__(self, current: str) -> None:
        super().__init__(
            Text(
                "Entri ini sudah berubah sejak Anda membukanya. Baca revisi yang "
                "terbaru, lalu putuskan lagi.",
                "The entry has changed since you opened it. Read the newest "
                "revision, then decide.",
            ),
            revision_id=current,
        )


class NoteRequired(Problem):
    """A return, rejection, reopening or override needs a reason."""

    status = 422
    slug = "note-required"
    title = Text("Alasan wajib ditulis", "A note is required")

    def __init__(self) -> None:
        detail = Text(
            "Tulis alasannya di catatan: petugas dan pemeriksa akan membacanya.",
            "Write the reason in the note: the facilitator and the auditors read it.",
        )
        super().__init__(detail, errors=[FieldError("note", detail)])


class ViolationsStand(Problem):
    """An entry that breaks its form's rules is approved only by an override."""

    status = 409
    slug = "violations-stand"
    title = Text("Masih melanggar aturan formulir", "The entry breaks its form's rules")

    def __init__(self, number: int) -> None:
        super().__init__(
            Text(
                f"Ada {number} pelanggaran. Kembalikan untuk diperbaiki, atau "
                "setujui sebagai pengecualian (override) dengan alasan.",
                f"There are {number} violations. Return it to be corrected, or "
                "approve it as an exception (override) with a reason.",
            ),
            violation_count=number,
        )


class SecondReviewerNeeded(Problem):
    """The form asks for two reviewers, and this one has approved already."""

    status = 409
    slug = "second-reviewer-needed"
    title = Text("Perlu peninjau kedua", "A second reviewer is needed")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Anda sudah menyetujui entri ini. Persetujuan kedua harus dari orang "
                "lain.",
                "You have approved this entry already. The second approval must come "
                "from somebody else.",
            )
        )


class EntrySealed(Problem):
    """An encrypted entry cannot be read here, so nobody here can approve it."""

    status = 409
    slug = "entry-sealed"
    title = Text("Entri terkunci", "The entry is sealed")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Isian dienkripsi di HP dan tidak bisa dibaca di sini, jadi tidak bisa "
                "disetujui. Unduh XML dan berkasnya, lalu buka dengan kunci pribadi.",
                "The answers were encrypted on the phone and cannot be read here, so "
                "they cannot be approved. Download the XML and the files, and open "
                "them with the private key.",
            )
        )


class ReviewerUnfit(Problem):
    """An entry is assigned to somebody who may not decide about it."""

    status = 422
    slug = "reviewer-unfit"
    title = Text("Orang ini tidak bisa meninjau", "This person cannot review it")

    def __init__(self) -> None:
        detail = Text(
            "Pilih koordinator wilayah ini yang tidak mengirim entri ini sendiri.",
            "Choose a coordinator of this area who has not sent this entry.",
        )
        super().__init__(detail, errors=[FieldError("user_id", detail)])


class TooManyFilters(Problem):
    """A person keeps as many filters as they may."""

    status = 409
    slug = "too-many-filters"
    title = Text("Saringan terlalu banyak", "Too many filters")

    def __init__(self, limit: int) -> None:
        super().__init__(
            Text(
                f"Paling banyak {limit} saringan. Hapus satu yang tidak dipakai lagi.",
                f"At most {limit} filters. Delete one that is no longer used.",
            )
        )
