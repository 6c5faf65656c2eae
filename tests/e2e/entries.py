"""The entries of ``tests/data`` as a phone holds them: XML, and files by name."""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from uuid import uuid4

DATA = Path(__file__).parents[1] / "data"
INSTANCE_ID = re.compile(rb"<instanceID>([^<]+)</instanceID>")
FILE = re.compile(rb">([^<>/]+\.(?:jpg|png))<")


@dataclass(frozen=True)
class Entry:
    """One entry; its files' contents are made from its id and their names."""

    xml: bytes

    @cached_property
    def id(self) -> str:
        """Read the instance id."""
        found = INSTANCE_ID.search(self.xml)
        assert found is not None
        return found[1].decode()

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Make the files that the entry names."""
        names = dict.fromkeys(name.decode() for name in FILE.findall(self.xml))
        return {name: self._content(name) for name in names}

    def renamed(self) -> "Entry":
        """Give the same answers as another entry."""
        fresh = f"<instanceID>uuid:{uuid4()}</instanceID>".encode()
        return Entry(INSTANCE_ID.sub(fresh, self.xml))

    def _content(self, name: str) -> bytes:
        seed = hashlib.sha256(f"{self.id}/{name}".encode()).digest()
        return b"\xff\xd8\xff\xe0" + seed * 100


@dataclass(frozen=True)
class Expected:
    """What is wrong with an entry, by the path of the question."""

    hard: frozenset[str]
    warn: frozenset[str]
    calculated: frozenset[str]


def entries_of(form_id: str, kind: str = "*") -> dict[str, Entry]:
    """Read the entries of a form, by their file's name."""
    paths = sorted((DATA / form_id).glob(f"{kind}.xml"))
    assert paths
    return {path.name: Entry(path.read_bytes()) for path in paths}


def expected_of(form_id: str) -> dict[str, Expected]:
    """Read what is to be found in each entry of a form."""
    rows = json.loads((DATA / form_id / "expected.json").read_bytes())
    return {
        name: Expected(
            frozenset(row["hard"]),
            frozenset(row["warn"]),
            frozenset(row.get("calculated", ())),
        )
        for name, row in rows.items()
    }
