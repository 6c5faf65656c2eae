"""Areas, by the dotted code of Kepmendagri (domain.md, section 1)."""

from datetime import date
from typing import Annotated

from sqlalchemy import Computed, ForeignKey, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.extensions import Base

COUNTRY = "ID"
"""The code of the whole country, the parent of every province."""

AreaCode = Annotated[str, mapped_column(Text(collation="C"))]
"""A column of area codes, sorted byte by byte so that an area is a range."""

SEARCH_NAME = """
regexp_replace(
    lower(name COLLATE "C"),
    '^(kabupaten|kota) (administrasi )?|[^a-z0-9]', '', 'g'
)
"""
"""Spellings differ in case and spaces: Tajurhalang, Tajur Halang (domain.md, 1.1)."""


class AreaRelease(Base):
    """One published state of the list of areas."""

    __tablename__ = "area_release"

    id: Mapped[str] = mapped_column(primary_key=True)
    decree: Mapped[str]
    effective_on: Mapped[date | None]


class Area(Base):
    """A place at any level; an area is the place and all below it.

    Everything below ``33.02`` stands between ``33.02.`` and ``33.02/``.
    """

    __tablename__ = "area"
    __table_args__ = (Index("ix_area_search_name", "search_name", "level", "code"),)

    code: Mapped[AreaCode] = mapped_column(primary_key=True)
    parent_code: Mapped[AreaCode | None] = mapped_column(
        ForeignKey("area.code"), index=True
    )
    level: Mapped[int] = mapped_column(SmallInteger)
    """0 country, 1 province, 2 regency or city, 3 district, 4 village."""
    kind: Mapped[str]
    """provinsi, kabupaten, kota, kecamatan, desa, kelurahan, desa adat."""
    name: Mapped[str]
    search_name: Mapped[str] = mapped_column(
        Text(collation="C"), Computed(SEARCH_NAME.strip(), persisted=True)
    )
    release_id: Mapped[str] = mapped_column(ForeignKey("area_release.id"))
