"""What must hold of an installation at any moment, whatever was done to it."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import orjson

from tests.e2e.entries import Entry
from tests.e2e.installation import Installation
from tests.e2e.wire import Reader

REPORT_IS_RIGHT = "EQUAL: the report was exactly what the revisions say"


def tallies_are_the_counts(place: Installation) -> None:
    """Compare the tallies with the entries themselves."""
    tallied = place.rows(
        "select form_id, area_code, captured_on, state, number from tally"
        " where number <> 0 order by 1, 2, 3, 4"
    )
    standing = place.rows(
        "select form_id, area_code, captured_on, state, count(*) from submission"
        " group by 1, 2, 3, 4 order by 1, 2, 3, 4"
    )
    assert tallied == standing


def report_is_what_the_revisions_say(place: Installation) -> None:
    """Derive all facts and roll-ups again, and compare."""
    verdict = place.run("indicators", "rebuild", "--check")
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    assert REPORT_IS_RIGHT in verdict.stdout


def logs_are_sound(
    place: Installation, reader: Reader, ids: Iterable[str]
) -> Mapping[str, Counter[str]]:
    """Verify the logs of the entries' areas; count their lines by kind and subject."""
    codes = place.rows(
        "select distinct area_code from submission where id = any(%s)", list(ids)
    )
    lines: dict[str, Counter[str]] = {}
    for (code,) in codes:
        file = place.folder / f"log-{code}.ndjson"
        file.write_bytes(reader.get(f"/areas/{code}/log").body)
        verdict = place.run("ledger", "verify", str(file))
        assert verdict.returncode == 0, verdict.stdout
        assert verdict.stdout.startswith(f"OK  {code}:")
        for line in file.read_bytes().splitlines():
            entry = orjson.loads(line).get("entry", {})
            kind = lines.setdefault(entry.get("kind", ""), Counter())
            kind[entry.get("subject", "")] += 1
    return lines


def files_stand(place: Installation, reader: Reader, entries: Sequence[Entry]) -> None:
    """Read every entry and every file back, byte for byte, each there once."""
    rows = place.rows(
        "select revision_id, name, digest from attachment where revision_id = any(%s)",
        [entry.id for entry in entries],
    )
    digests = {
        (entry.id, name): hashlib.sha256(content).digest()
        for entry in entries
        for name, content in entry.files.items()
    }
    assert len(rows) == len(digests)
    assert {(row[0], row[1]): row[2] for row in rows} == digests
    for entry in entries:
        xml = reader.get(f"/submissions/{entry.id}/xml")
        assert xml.body == entry.xml
        for name, content in entry.files.items():
            file = reader.get(f"/submissions/{entry.id}/attachments/{name}")
            assert file.body == content
