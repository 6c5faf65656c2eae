"""How ODK Collect keeps its forms like a server's (openrosa.md, section 3).

A model in our own words of what the app does with a list: it finds each listed form by
its hash, sees by the manifest whether files changed, and downloads, keeps or deletes by
its update mode.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from lxml import etree

from tests.e2e.judging import LIST, MANIFEST
from tests.e2e.wire import Answer, ask
from tests.openrosa.phone import COLLECT, DEVICE

INSTANCE = "{http://www.w3.org/2002/xforms}instance"


class Mode(StrEnum):
    """What a phone does with forms that changed (`form_update_mode`)."""

    MANUAL = "manual"
    PREVIOUSLY_DOWNLOADED = "previously_downloaded"
    MATCH_EXACTLY = "match_exactly"


class FetchError(Exception):
    """What the phone shows instead of a list; its forms stay as they are."""


@dataclass
class LocalForm:
    """A form on the phone."""

    form_id: str
    version: str
    files: dict[str, bytes]
    has_records: bool = False
    is_hidden: bool = False
    """Deleted, but kept for the sake of its records."""


@dataclass(frozen=True)
class Listed:
    """A form of the list, with the hashes of its files by name."""

    form_id: str
    hash: str
    url: str
    files: dict[str, tuple[str, str]]
    """Hash and address, by name; empty where the manifest could not be had."""


@dataclass
class Collect:
    """A phone; ``forms`` are by the hash of their XForm."""

    port: int
    path: str
    mode: Mode
    forms: dict[str, LocalForm] = field(default_factory=dict)
    after_list: Callable[[], None] = lambda: None
    """What happens on the server between the list and the downloads."""

    def refresh(self) -> list[tuple[str, str]]:
        """Get the list and do what the mode says; tell what was done, by form id.

        :raises FetchError: if there is no list, or a form could not be downloaded.
        """
        listed = self._list()
        self.after_list()
        done = []
        if self.mode is Mode.MATCH_EXACTLY:
            done = self._delete_all_but({form.form_id for form in listed})
        for form in listed:
            change = self._change(form)
            if change == "same":
                continue
            if self.mode is Mode.PREVIOUSLY_DOWNLOADED and change == "new":
                continue
            self._download(form)
            done.append((change, form.form_id))
        return done

    @property
    def visible(self) -> dict[str, LocalForm]:
        """Give what the person may fill in, by hash."""
        return {key: form for key, form in self.forms.items() if not form.is_hidden}

    def _list(self) -> list[Listed]:
        forms = []
        for fields in self._items(f"{self.path}/formList", f"{LIST}xforms", LIST):
            if not all(fields.get(name) for name in ("formID", "name", "downloadUrl")):
                raise FetchError(f"incomplete: {fields}")
            if not fields.get("hash", "").startswith("md5:"):
                raise FetchError(f"no hash: {fields}")
            hash_ = fields["hash"].removeprefix("md5:")
            files = self._manifest(fields.get("manifestUrl"))
            forms.append(Listed(fields["formID"], hash_, fields["downloadUrl"], files))
        return forms

    def _manifest(self, url: str | None) -> dict[str, tuple[str, str]]:
        """Get a manifest; what fails is swallowed, as the app does."""
        if not url:
            return {}
        try:
            items = self._items(urlsplit(url).path, f"{MANIFEST}manifest", MANIFEST)
        except FetchError:
            return {}
        return {
            fields["filename"]: (fields["hash"][4:], fields["downloadUrl"])
            for fields in items
        }

    def _items(self, path: str, root_tag: str, namespace: str) -> list[dict[str, str]]:
        answer = self._get(path)
        if "x-openrosa-version" not in answer.headers:
            raise FetchError("no OpenRosa server")
        if "text/xml" not in answer.headers.get("content-type", "text/xml"):
            raise FetchError("not text/xml")
        root = etree.fromstring(answer.body)
        if root.tag != root_tag:
            raise FetchError("invalid response")
        return [
            {child.tag.removeprefix(namespace): child.text or "" for child in item}
            for item in root
        ]

    def _change(self, listed: Listed) -> str:
        local = self.forms.get(listed.hash)
        if local is None or local.is_hidden:
            known = {form.form_id for form in self.visible.values()}
            return "updated" if listed.form_id in known else "new"
        mine = {_md5(content) for content in local.files.values()}
        wanted = {hash_ for hash_, _ in listed.files.values()}
        return "same" if wanted <= mine else "updated files"

    def _download(self, listed: Listed) -> None:
        xml = self._get(urlsplit(listed.url).path).body
        files = {
            name: self._file(listed.form_id, name, hash_, url)
            for name, (hash_, url) in listed.files.items()
        }
        form_id, version = _identity(xml)
        known = self.forms.get(_md5(xml))
        if known is None:
            # A new text of the same version takes the place of the older one.
            for key, form in list(self.forms.items()):
                if (form.form_id, form.version) == (form_id, version):
                    del self.forms[key]
            self.forms[_md5(xml)] = LocalForm(form_id, version, files)
        else:
            known.files.update(files)
            known.is_hidden = False

    def _file(self, form_id: str, name: str, hash_: str, url: str) -> bytes:
        for form in self.forms.values():
            content = form.files.get(name)
            if form.form_id == form_id and content and _md5(content) == hash_:
                return content
        return self._get(urlsplit(url).path).body

    def _delete_all_but(self, listed: set[str]) -> list[tuple[str, str]]:
        gone = [key for key, form in self.visible.items() if form.form_id not in listed]
        for key in gone:
            if self.forms[key].has_records:
                self.forms[key].is_hidden = True
        done = [("deleted", self.forms[key].form_id) for key in gone]
        self.forms = {
            key: form
            for key, form in self.forms.items()
            if key not in gone or form.has_records
        }
        return done

    def _get(self, path: str) -> Answer:
        answer = ask(self.port, "GET", f"{path}?{DEVICE}", headers=COLLECT)
        if answer.status != 200:
            raise FetchError(f"{answer.status} {answer.body.decode()}")
        return answer


def _identity(xml: bytes) -> tuple[str, str]:
    root = next(next(etree.fromstring(xml).iter(INSTANCE)).iterchildren())
    return root.get("id", ""), root.get("version", "")


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
