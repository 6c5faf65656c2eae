"""What can be wrong with a draft's files."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


class UnusableDraftFile(Problem):
    """A file that cannot go with a form under its name."""

    status = 422
    slug = "unusable-draft-file"
    title = Text("Berkas tidak bisa dipakai", "The file cannot be used")


class TooManyDraftFiles(Problem):
    """A form has as many or as large files as it may."""

    status = 413
    slug = "too-many-draft-files"
    title = Text("Berkas formulir terlalu banyak", "The form has too many files")

    def __init__(self, number: int, size: int) -> None:
        super().__init__(
            Text(
                f"Paling banyak {number} berkas, seluruhnya {size // 1_000_000} MB. "
                "Hapus atau kecilkan beberapa.",
                f"At most {number} files, of {size // 1_000_000} MB in all. Remove "
                "some or make them smaller.",
            )
        )
