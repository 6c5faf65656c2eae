"""What a phone downloads: the list, the forms and their files, all compared."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fieldapp.phone.documents import (
    ListedFile,
    ListedForm,
    is_refused,
    read_list,
    read_manifest,
)
from fieldapp.phone.faults import Faults
from fieldapp.phone.wire import Answer, Wire, WireError
from fieldapp.xform.definition import FormDefinition, FormError
from fieldapp.xform.parse import parse_form

Log = Callable[[str, Answer, str], None]
"""Told of each answer: what was asked for, the answer, and what it came to."""


@dataclass(frozen=True)
class DownloadedForm:
    """A form on the phone, with its files."""

    listed: ListedForm
    definition: FormDefinition


@dataclass
class Downloads:
    """A phone that gets its forms from a server."""

    server: str
    wire: Wire
    faults: Faults
    log: Log

    def list_forms(self) -> list[ListedForm]:
        """Get the form list; nothing where a phone would get none."""
        answer = self._get(f"{self.server}/formList", "formList")
        if answer is None:
            return []
        self.log("formList", answer, f"{len(answer.body)} B")
        return read_list(answer, self.server, self.faults)

    def download(self, form: ListedForm) -> DownloadedForm | None:
        """Get a form and its files; nothing where a phone would refuse it."""
        media = self._media(form)
        content = self._compared(form.url, form.form_id, form.hash)
        if content is None or media is None:
            return None
        try:
            definition = parse_form(content, media=media)
        except FormError as error:
            self.faults.add("form-unreadable", form.form_id, reason=error)
            return None
        self._check_identity(form, definition)
        missing = sorted(set(definition.missing_instances.values()))
        if missing:
            names = ", ".join(missing)
            self.faults.add("unknown-list", form.form_id, names=names)
        return DownloadedForm(form, definition)

    def check_again(self, before: Sequence[ListedForm]) -> None:
        """Get the list once more: what was not published anew must be the same."""
        hashes = {(form.form_id, form.version): form.hash for form in before}
        for form in self.list_forms():
            known = hashes.get((form.form_id, form.version), form.hash)
            if known != form.hash:
                self.faults.add("hash-changes", f"formList: {form.form_id}")

    def _media(self, form: ListedForm) -> dict[str, bytes] | None:
        """Get all files of a form; None where one fails, as the form then does."""
        if not form.manifest_url:
            return {}
        where = f"{form.form_id}: manifest"
        answer = self._get(form.manifest_url, where)
        if answer is None:
            return {}
        self.log(where, answer, f"{len(answer.body)} B")
        files = read_manifest(answer, where, self.server, self.faults)
        found = {file.name: self._file(form, file) for file in files}
        usable = {name: body for name, body in found.items() if body is not None}
        return usable if len(usable) == len(found) else None

    def _file(self, form: ListedForm, file: ListedFile) -> bytes | None:
        wanted = file.hash if file.is_compared else ""
        return self._compared(file.url, f"{form.form_id}: {file.name}", wanted)

    def _compared(self, url: str, where: str, listed: str) -> bytes | None:
        answer = self._get(url, where)
        if answer is None:
            return None
        self.log(where, answer, f"{len(answer.body)} B")
        if is_refused(answer, where, self.faults):
            return None
        found = f"md5:{hashlib.md5(answer.body, usedforsecurity=False).hexdigest()}"
        if listed and found != listed:
            self.faults.add("hash-not-of-bytes", where, listed=listed, found=found)
        return answer.body

    def _check_identity(self, form: ListedForm, definition: FormDefinition) -> None:
        listed = f"{form.form_id} {form.version}".strip()
        found = f"{definition.form_id} {definition.version}".strip()
        if listed != found:
            self.faults.add("form-is-another", form.form_id, listed=listed, found=found)

    def _get(self, url: str, where: str) -> Answer | None:
        try:
            return self.wire.get(url)
        except WireError as error:
            self.faults.add("no-answer", where, reason=error)
            return None
