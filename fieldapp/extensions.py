"""The extensions that every package shares; imports nothing of ours."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from flask_jwt_extended import JWTManager
from flask_migrate import Migrate
from flask_smorest import Api
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Enum, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def _values(members: type[StrEnum]) -> list[str]:
    return [member.value for member in members]


class Base(DeclarativeBase):
    """The base of all tables: named constraints, zoned times, enums as their text."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar = {
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            create_constraint=True,
            length=32,
            values_callable=_values,
        ),
    }


READS = "reads"
"""The engine for single reads: each statement stands alone, without BEGIN and COMMIT.

It saves two of three round trips where one row decides, as for a phone's token.
"""

EXPORTS = "exports"
"""The engine for exports: each reads one snapshot and changes nothing.

Its few connections are how many are made at once. One whose reader takes nothing for
two minutes is ended by PostgreSQL, which else could not tidy up behind it.
"""

db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True)
migrate = Migrate()
jwt = JWTManager()
api = Api()
