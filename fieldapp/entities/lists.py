"""The lists of entities that phones choose from, cut to a person's areas.

A phone asks for the token of each list every few minutes, and for the list itself only
when the token is another one. The token costs a sum over the villages of the person;
the list is written by PostgreSQL, and passes through here row by row.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import psycopg
from sqlalchemy import ColumnElement, Engine, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from fieldapp.entities.declarations import LABEL, declarations_of
from fieldapp.entities.models import Entity, EntityState, Register, RegisterCount
from fieldapp.entities.registers import CSV, is_register_list, properties_of
from fieldapp.extensions import READS, db
from fieldapp.forms.checking import VILLAGE_LIST, md5_of, missing_files
from fieldapp.forms.offered import OfferedFile, offered_files, submitting_areas
from fieldapp.forms.queries import find_version
from fieldapp.identity.permissions import Actor
from fieldapp.places.codes import within
from fieldapp.web.problems import nothing_here
from fieldapp.xform.definition import FormDefinition

MEDIA_TYPE = "text/csv; charset=utf-8"
FORMAT = "1"
"""Changes with how lists are written, so that phones get them again."""
CHUNK_BYTES = 64 * 1024
OWN_COLUMNS = ("name", "label", "__version")
"""What Collect reads of each entity before its properties (openrosa.md, section 5)."""


@dataclass(frozen=True)
class EntityList:
    """A register as one person's phone gets it."""

    register_name: str
    properties: tuple[str, ...]
    area_codes: tuple[str, ...]

    def token(self) -> str:
        """Say by 32 letters in which state the list is.

        Changes are counted for each village: a sum that is the same means that none
        was made, since counts only grow.
        """
        reached = _within_areas(RegisterCount.area_code, self.area_codes)
        changes = db.session.scalar(
            select(func.sum(RegisterCount.number)).where(
                RegisterCount.register_name == self.register_name, reached
            )
        )
        parts = (FORMAT, self.register_name, *self.properties, "", *self.area_codes)
        text = "\n".join((*parts, str(changes or 0)))
        return md5_of(text.encode())

    def write(self) -> Iterator[bytes]:
        """Write the list as CSV, in pieces, by label.

        It is read while it is sent, when the request is over for Flask.
        """
        return self._pieces(db.engines[READS])

    def _pieces(self, engine: Engine) -> Iterator[bytes]:
        header = io.StringIO()
        writer = csv.writer(header, lineterminator="\n")
        writer.writerow((*OWN_COLUMNS, *self.properties))
        pieces = [header.getvalue().encode()]
        size = len(pieces[0])
        for row in self._rows(engine):
            pieces.append(row)
            size += len(row)
            if size >= CHUNK_BYTES:
                yield b"".join(pieces)
                pieces, size = [], 0
        yield b"".join(pieces)

    def _rows(self, engine: Engine) -> Iterator[bytes]:
        values = (Entity.values[name].astext for name in self.properties)
        statement = (
            select(
                Entity.id,
                Entity.label,
                Entity.version,
                *(func.nullif(value, "") for value in values),
            )
            .where(Entity.register_name == self.register_name)
            .where(Entity.state == EntityState.LISTED)
            .where(_within_areas(Entity.area_code, self.area_codes))
            .order_by(Entity.label, Entity.id)
        )
        with engine.connect() as connection:
            compiled = statement.compile(dialect=connection.dialect)
            copy = f"copy ({compiled}) to stdout (format csv)"
            driver = cast(
                "psycopg.Connection[Any]", connection.connection.driver_connection
            )
            with (
                driver.cursor() as cursor,
                cursor.copy(cast("Any", copy), compiled.params) as rows,
            ):
                yield from map(bytes, rows)


def all_offered_files(actor: Actor, form_id: str, version: str) -> list[OfferedFile]:
    """List the files of a form version by name, with the lists of its registers.

    :raises NotFound: if there is no such version, or none for this person.
    """
    files = offered_files(actor, form_id, version)
    published = find_version(form_id, version)
    lists = lists_in(published.definition) if published is not None else []
    files += [offered_list(list_for(actor, register)) for register in lists]
    return sorted(files, key=lambda file: file.name)


def get_offered_file(
    actor: Actor, form_id: str, version: str, name: str
) -> OfferedFile:
    """Get one file of a form version.

    :raises NotFound: if there is none, or none for this person.
    """
    for file in all_offered_files(actor, form_id, version):
        if file.name == name:
            return file
    raise nothing_here()


def lists_in(definition: FormDefinition) -> Sequence[Register]:
    """Give the registers whose lists a form reads."""
    names = [
        name.removesuffix(CSV)
        for name in missing_files(definition)
        if name.endswith(CSV) and name != VILLAGE_LIST
    ]
    if not names:
        return []
    statement = select(Register).where(Register.name.in_(names))
    return db.session.scalars(statement.order_by(Register.name)).all()


def list_for(actor: Actor, register: Register) -> EntityList:
    """Cut a register to where a person collects for its programme.

    It is the same for whichever form reads it: a phone has one copy for all.
    """
    areas = submitting_areas(actor, register.programme_id)
    return EntityList(register.name, _columns(register.name), areas)


def offered_list(entities: EntityList) -> OfferedFile:
    """Offer a list under the name that forms know it by."""
    return OfferedFile(
        name=f"{entities.register_name}{CSV}",
        md5=entities.token(),
        media_type=MEDIA_TYPE,
        content=entities.write(),
        register=entities.register_name,
    )


def trial_lists(definition: FormDefinition) -> list[OfferedFile]:
    """Make up the lists that a draft reads: whoever has its address may try it."""
    declared: dict[str, set[str]] = {}
    for each in declarations_of(definition):
        names = {saved.name for saved in each.properties}
        declared[each.register] = declared.get(each.register, set()) | names
    return [
        _trial_list(name, declared.get(name.removesuffix(CSV), set()))
        for name in missing_files(definition)
        if is_register_list(definition, name)
    ]


TRIAL_IDS = (
    "00000000-0000-4000-8000-000000000001",
    "00000000-0000-4000-8000-000000000002",
    "00000000-0000-4000-8000-000000000003",
)
"""Of nobody: a draft's phone gets no names of people."""


def _trial_list(name: str, declared: set[str]) -> OfferedFile:
    register = name.removesuffix(CSV)
    columns = sorted(declared.union(_columns(register)))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*OWN_COLUMNS, *columns))
    for number, entity_id in enumerate(TRIAL_IDS, 1):
        label = f"Contoh {number}"
        writer.writerow((entity_id, label, 1, *("" for _ in columns)))
    content = text.getvalue().encode()
    return OfferedFile(name, md5_of(content), MEDIA_TYPE, (content,), register)


def _columns(register_name: str) -> tuple[str, ...]:
    found = (each.name for each in properties_of(register_name))
    return tuple(name for name in found if name != LABEL)


def _within_areas(
    column: InstrumentedAttribute[str], area_codes: Sequence[str]
) -> ColumnElement[bool]:
    return or_(False, *(within(column, code) for code in area_codes))
