"""A programme: the undertaking that forms and roles may be limited to."""

from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.extensions import Base


class Programme(Base):
    """A village programme, such as Desa Devisa."""

    __tablename__ = "programme"

    id: Mapped[str] = mapped_column(primary_key=True)
    """A short name in lower case, such as ``desa-devisa``."""
    name: Mapped[str]
