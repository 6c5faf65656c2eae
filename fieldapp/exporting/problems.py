"""Why there is no export."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


class AreaPartlyOutside(Problem):
    """Only a part of the area that was asked for is the caller's to read."""

    status = 403
    slug = "area-partly-outside"
    title = Text("Wilayah sebagian di luar hak Anda", "Area partly outside your rights")

    def __init__(self, code: str, own: list[str]) -> None:
        super().__init__(
            Text(
                "Hanya sebagian dari {code} yang boleh Anda baca. Minta salah satu "
                "dari: {own}; atau hapus area untuk semuanya sekaligus.",
                "You may read only a part of {code}. Ask for one of: {own}; or leave "
                "area out for all of them at once.",
            ).format(code=code, own=", ".join(own)),
            areas=own,
        )


class TooLongAtOnce(Problem):
    """A file of this format and length is made in the background only."""

    status = 422
    slug = "export-too-long"
    title = Text("Ekspor terlalu panjang", "The export is too long")

    def __init__(self, entries: int, limit: int) -> None:
        super().__init__(
            Text(
                "Ada {entries} kiriman; format ini langsung sampai {limit}. Buat "
                "lewat POST /api/v1/exports, atau persempit wilayah dan waktunya.",
                "There are {entries} entries; this format is made at once for up to "
                "{limit}. Ask by POST /api/v1/exports, or narrow the area or time.",
            ).format(entries=entries, limit=limit)
        )


class TooManyExports(Problem):
    """As many exports are being read as the server makes at the same time."""

    status = 503
    slug = "too-many-exports"
    title = Text("Terlalu banyak ekspor bersamaan", "Too many exports at once")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Server sedang membuat beberapa ekspor lain. Coba lagi sebentar lagi, "
                "atau pesan lewat POST /api/v1/exports.",
                "The server is making several other exports. Try again in a while, or "
                "order it by POST /api/v1/exports.",
            ),
            headers={"Retry-After": "30"},
        )


class ExportChanged(Problem):
    """What was asked for is not as it was when the reader began."""

    status = 412
    slug = "export-changed"
    title = Text("Data sudah berubah", "The data has changed")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Kiriman sudah berubah sejak ekspor dimulai. Mulai lagi dari awal.",
                "The entries have changed since the export began. Start again from "
                "the beginning.",
            )
        )


class TooManyJobs(Problem):
    """A person has as many exports waiting as one may."""

    status = 429
    slug = "too-many-export-jobs"
    title = Text("Terlalu banyak ekspor menunggu", "Too many exports waiting")

    def __init__(self, limit: int) -> None:
        super().__init__(
            Text(
                "Sudah {limit} ekspor Anda yang menunggu atau sedang dibuat. Tunggu "
                "sampai selesai, atau hapus salah satunya.",
                "{limit} of your exports are waiting or being made. Wait until they "
                "are done, or delete one.",
            ).format(limit=limit)
        )


class ExportNotReady(Problem):
    """The file is not made yet, or is not there any more."""

    status = 409
    slug = "export-not-ready"
    title = Text("Berkas belum ada", "The file is not there")

    def __init__(self, state: str) -> None:
        super().__init__(
            Text(
                "Keadaan ekspor ini: {state}. Berkas ada selama sehari sejak selesai.",
                "This export is {state}. Its file is there for a day once it is done.",
            ).format(state=state),
            state=state,
        )
