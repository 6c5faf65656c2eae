"""Find the audit file that a form declares, among the files of a revision."""

from collections.abc import Mapping
from pathlib import Path as FilePath

from fieldapp.quality.audit import MAX_BYTES, Audit, read_audit
from fieldapp.submissions.files import file_store
from fieldapp.xform.definition import FormDefinition, Path
from fieldapp.xform.judgement import Judgement

DECLARED = ("meta", "audit")


def find_audit(
    judgement: Judgement, files: Mapping[str, bytes | None], files_dir: FilePath
) -> Audit | None:
    """Read the audit of an entry; None where it has none, or it has not come.

    ``files`` are the digests of the entry's files by name.
    """
    path = audit_path(judgement.definition)
    name = next(judgement.values(path), None) if path else None
    digest = files.get(name) if name else None
    if digest is None:
        return None
    try:
        with file_store(files_dir).open(digest) as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    return read_audit(content, judgement.definition)


def audit_path(definition: FormDefinition) -> Path | None:
    """Say where a form names its audit file; None where it asks for none."""
    path = (definition.root.name, *DECLARED)
    return path if path in definition.attachment_paths else None
