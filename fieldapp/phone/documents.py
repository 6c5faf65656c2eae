"""Read form lists and manifests as strictly as ODK Collect does."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from fieldapp.phone.faults import Faults
from fieldapp.phone.wire import UNAUTHORIZED, Answer, address_of
from fieldapp.xform.markup import Element, local_name, new_parser, text_of

LIST = "{http://openrosa.org/xforms/xformsList}xforms"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}manifest"
RESPONSE = "OpenRosaResponse"
HASH = re.compile(r"md5:[0-9a-f]{32}")
MAX_AGE = re.compile(r"max-age=(\d+)")
OK = 200
OPAQUE_LISTS = frozenset({"entityList", "approvalEntityList"})


@dataclass(frozen=True)
class ListedForm:
    """A form of a form list."""

    form_id: str
    name: str
    version: str
    hash: str
    url: str
    manifest_url: str


@dataclass(frozen=True)
class ListedFile:
    """A file of a manifest."""

    name: str
    hash: str
    url: str
    kind: str

    @property
    def is_compared(self) -> bool:
        """Tell whether phones compare the hash with the bytes."""
        return self.kind not in OPAQUE_LISTS and not self.name.endswith(".zip")


def read_list(answer: Answer, server: str, faults: Faults) -> list[ListedForm]:
    """Read a form list; nothing where a phone would reject it."""
    where = "formList"
    root = _document(answer, where, LIST, faults)
    if root is None:
        return []
    entries = [each for each in root if local_name(each) == "xform"]
    if not entries:
        faults.add("empty-list", where)
    return [
        form for entry in entries if (form := _form(entry, server, faults)) is not None
    ]


def read_manifest(
    answer: Answer, where: str, server: str, faults: Faults
) -> list[ListedFile]:
    """Read a manifest; nothing where a phone would reject it."""
    root = _document(answer, where, MANIFEST, faults)
    if root is None:
        return []
    entries = [each for each in root if local_name(each) == "mediaFile"]
    if not entries:
        faults.add("no-files", where)
    return [
        file
        for entry in entries
        if (file := _file(entry, where, server, faults)) is not None
    ]


def message_of(answer: Answer) -> str:
    """Give what a phone shows of an answer; empty where it can show nothing."""
    if RESPONSE.encode() not in answer.body:
        return ""
    try:
        root = etree.fromstring(answer.body, new_parser())
    except (etree.XMLSyntaxError, ValueError):
        return ""
    found = next(root.iter("{*}message"), None)
    return "" if found is None else text_of(found)


def password_fault(answer: Answer) -> str:
    """Say which fault a 401 is: Collect never answers Basic in the open."""
    if answer.is_signed:
        return "password-refused"
    kinds = {each.lower().partition(" ")[0] for each in answer.challenges}
    is_open = answer.url.startswith("http:")
    return (
        "no-digest" if is_open and kinds and "digest" not in kinds else "password-asked"
    )


def is_refused(answer: Answer, where: str, faults: Faults) -> bool:
    """Note an answer that is no success."""
    if answer.redirects:
        faults.add("redirected", where, url=answer.url)
    if answer.status == OK:
        return False
    if answer.status == UNAUTHORIZED:
        faults.add(password_fault(answer), where)
        return True
    told = message_of(answer) or answer.reason
    faults.add("refused", where, status=answer.status, message=told)
    return True


def _document(
    answer: Answer, where: str, wanted: str, faults: Faults
) -> Element | None:
    """Read the XML of an answer, noting all that a phone would stumble over."""
    if is_refused(answer, where, faults):
        return None
    before = len(faults.hard)
    if "x-openrosa-version" not in answer.headers:
        faults.add("no-version-header", where)
    kind = answer.headers.get("content-type")
    if kind is not None and "text/xml" not in kind:
        faults.add("wrong-content-type", where, found=kind)
    control = answer.headers.get("cache-control", "")
    found = MAX_AGE.search(control)
    if found is not None and int(found.group(1)) > 0:
        faults.add("cached", where, found=control)
    root = _root(answer.body, where, faults)
    if root is not None and root.tag != wanted:
        faults.add("wrong-root", where, found=root.tag, wanted=wanted)
    return root if len(faults.hard) == before else None


def _root(body: bytes, where: str, faults: Faults) -> Element | None:
    if not body.startswith(b"<"):
        faults.add("not-xml", where, reason="something stands before its first <")
        return None
    try:
        body.decode()
        return etree.fromstring(body, new_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        faults.add("not-xml", where, reason=error)
        return None


def _form(entry: Element, server: str, faults: Faults) -> ListedForm | None:
    texts = _texts(entry)
    form = ListedForm(
        form_id=texts.get("formID", ""),
        name=texts.get("name", ""),
        version=texts.get("version", ""),
        hash=texts.get("hash", ""),
        url=texts.get("downloadUrl", ""),
        manifest_url=texts.get("manifestUrl", ""),
    )
    where = f"formList: {form.form_id or '?'}"
    if _lacks(texts, ("formID", "name", "downloadUrl"), where, faults):
        return None
    _check_hash(form.hash, where, faults)
    if form.version and form.version not in form.url:
        faults.add("no-version-in-address", where)
    addresses = [form.url, *([form.manifest_url] if form.manifest_url else [])]
    are_usable = [_check_address(url, where, server, faults) for url in addresses]
    return form if all(are_usable) else None


def _file(entry: Element, where: str, server: str, faults: Faults) -> ListedFile | None:
    texts = _texts(entry)
    file = ListedFile(
        name=texts.get("filename", ""),
        hash=texts.get("hash", ""),
        url=texts.get("downloadUrl", ""),
        kind=entry.get("type", ""),
    )
    where = f"{where}: {file.name or '?'}"
    if _lacks(texts, ("filename", "hash", "downloadUrl"), where, faults):
        return None
    if file.is_compared:
        _check_hash(file.hash, where, faults)
    return file if _check_address(file.url, where, server, faults) else None


def _texts(entry: Element) -> dict[str, str]:
    """Read the children of an entry that are in its own namespace."""
    space = str(entry.tag).rpartition("}")[0]
    return {
        local_name(child): text_of(child)
        for child in entry
        if str(child.tag).rpartition("}")[0] == space
    }


def _lacks(
    texts: dict[str, str], names: tuple[str, ...], where: str, faults: Faults
) -> bool:
    missing = [name for name in names if not texts.get(name)]
    if missing:
        faults.add("entry-incomplete", where, names=", ".join(missing))
    return bool(missing)


def _check_hash(found: str, where: str, faults: Faults) -> None:
    if not HASH.fullmatch(found):
        faults.add("bad-hash", where, found=found)


def _check_address(url: str, where: str, server: str, faults: Faults) -> bool:
    parts = address_of(url)
    if parts is None:
        faults.add("relative-address", where, url=url)
        return False
    if urlsplit(server).scheme == "https" and parts.scheme == "http":
        faults.add("less-secure", where, url=url)
    return True
