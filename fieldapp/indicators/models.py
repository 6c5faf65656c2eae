"""Facts, which revisions yield at approval, and the counters made of them.

The three counter tables are additive: a fact taken back is subtracted, a row that
comes to nothing is removed, and all of them can be made again from the facts.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, Numeric
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from fieldapp.extensions import Base
from fieldapp.places.models import AreaCode

NEVER = date(9999, 12, 1)
"""The day of the next fact where there is none."""


class Fact(Base):
    """What one approved revision adds to one indicator; gone when it is taken back."""

    __tablename__ = "fact"
    __table_args__ = (
        Index("ix_fact_submission_id", "submission_id"),
        Index(
            "ix_fact_key",
            *("form_id", "indicator", "key", "occurred_on"),
            postgresql_where="key is not null",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    revision_id: Mapped[str] = mapped_column(ForeignKey("revision.id"))
    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))
    indicator: Mapped[str]
    area_code: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    occurred_on: Mapped[date]
    """The village's local day that the fact belongs to (column ``period``)."""
    moment: Mapped[datetime]
    """When the entry was made: orders the facts of one day (``last``)."""
    position: Mapped[int]
    """Which item of the repeat it came from, counted from 0."""
    slices: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")))
    """The parts of the whole that it counts in; see ``slices.py``."""
    value: Mapped[Decimal | None] = mapped_column(Numeric)
    weight: Mapped[Decimal | None] = mapped_column(Numeric)
    key: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Keyed hash: who is counted once (``distinct``), or whose last value counts."""
    digits: Mapped[list[str] | None] = mapped_column(ARRAY(Text(collation="C")))
    """The value's path in the tree of digits (min, max, median); see ``digits.py``."""


class Rollup(Base):
    """The facts of one indicator, area (at any level), period and slice, added up."""

    __tablename__ = "rollup"

    area_code: Mapped[AreaCode] = mapped_column(primary_key=True)
    form_id: Mapped[str] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    """``day`` or ``month``."""
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    indicator: Mapped[str] = mapped_column(primary_key=True)
    slice: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    value_sum: Mapped[Decimal] = mapped_column(Numeric)
    weight_sum: Mapped[Decimal] = mapped_column(Numeric)
    product_sum: Mapped[Decimal] = mapped_column(Numeric)
    """The sum of value times weight."""


class Succession(Base):
    """How many keys have a fact in one period, and their next one in another.

    Whoever has facts between two days has exactly one whose next lies behind the
    second day: so these counts give distinct numbers for any stretch of days.
    """

    __tablename__ = "succession"

    area_code: Mapped[AreaCode] = mapped_column(primary_key=True)
    form_id: Mapped[str] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    next_grain: Mapped[str] = mapped_column(primary_key=True)
    next_on: Mapped[date] = mapped_column(primary_key=True)
    """``NEVER`` where there is no next fact."""
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    indicator: Mapped[str] = mapped_column(primary_key=True)
    slice: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    value_sum: Mapped[Decimal] = mapped_column(Numeric)
    """What the keys' last facts of the period say (``last``)."""


class DigitCount(Base):
    """How many values of a period begin with the same digits."""

    __tablename__ = "digit_count"

    area_code: Mapped[AreaCode] = mapped_column(primary_key=True)
    form_id: Mapped[str] = mapped_column(primary_key=True)
    indicator: Mapped[str] = mapped_column(primary_key=True)
    slice: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    parent: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    prefix: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


class DistinctSecret(Base):
    """The key of the hashes; one row, made when the first fact is.

    It stands in the database, since a new one would count everybody twice.
    """

    __tablename__ = "distinct_secret"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
