"""Why a decision about an entity is refused."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


class ChangeAlreadyDecided(Problem):
    """The change waits for nobody."""

    status = 409
    slug = "entity-change-decided"
    title = Text("Perubahan ini sudah diputuskan", "The change is decided already")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Perubahan ini sudah diterapkan atau dibatalkan. Muat ulang daftarnya.",
                "The change has been applied or dismissed. Load the list again.",
            )
        )


class ChangeNotApplicable(Problem):
    """The change cannot be applied, only dismissed."""

    status = 409
    slug = "entity-change-not-applicable"
    title = Text("Perubahan ini tidak bisa diterapkan", "The change cannot be applied")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Id-nya salah atau dipakai daftar lain, labelnya kosong, atau entitas "
                "itu tidak ada di wilayah Anda. Perbaiki entrinya, atau batalkan "
                "perubahan ini.",
                "Its id is wrong or another register's, its label is empty, or there "
                "is no such entity in your area. Correct the entry, or dismiss the "
                "change.",
            )
        )


class EntityAlreadyDeleted(Problem):
    """The entity is off its register already."""

    status = 409
    slug = "entity-deleted"
    title = Text("Entitas ini sudah dihapus", "The entity is deleted already")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Entitas ini tidak ada di daftar lagi. Muat ulang daftarnya.",
                "The entity is no longer in the register. Load the list again.",
            )
        )
