"""What ODK Collect makes of an answer (openrosa.md, sections 1 to 7)."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

from tests.e2e.line import RawAnswer

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
RESPONSE = "{http://openrosa.org/http/response}"
HASH = re.compile("md5:[0-9a-f]{32}")
LIMIT = re.compile("[1-9][0-9]*")
LIFETIME = re.compile("max-age|s-maxage|immutable", re.IGNORECASE)

Step = Mapping[str, Any]


@dataclass(frozen=True)
class Judged:
    """An answer, the server's address as the phone knows it, and what is known."""

    answer: RawAnswer
    host: str
    known: dict[str, str]

    def is_openrosa(self) -> None:
        """Every answer says so, once, with a Date that is right; none may be kept."""
        assert self.answer.all("x-openrosa-version") == ["1.0"]
        (date,) = self.answer.all("date")
        assert parsedate_to_datetime(date).utcoffset() is not None
        assert not LIFETIME.search(self.answer.one("cache-control") or "")

    def document(self, status: int) -> etree._Element:
        """Read what must be XML: of this type, from the very first byte, in UTF-8."""
        self.is_openrosa()
        assert self.answer.status == status, self.answer
        assert "text/xml" in (self.answer.one("content-type") or "")
        assert self.answer.body.startswith(b"<?xml"), self.answer.body[:80]
        self.answer.body.decode()
        return etree.fromstring(self.answer.body)

    def message(self, status: int) -> tuple[str, str]:
        """Read the text that the phone shows, which the first message holds."""
        root = self.document(status)
        assert root.tag == f"{RESPONSE}OpenRosaResponse"
        (message,) = root
        assert message.tag == f"{RESPONSE}message"
        assert LIMIT.fullmatch(
            self.answer.one("x-openrosa-accept-content-length") or ""
        )
        return message.get("nature", ""), message.text or ""

    def url(self, text: str) -> str:
        """Take an address that leads to where the phone was set, and nowhere else."""
        assert text.startswith(f"{self.host}/v1/"), text
        return text


def _challenged(judged: Judged, step: Step) -> None:
    judged.is_openrosa()
    assert judged.answer.status == 401
    first, *others = judged.answer.all("www-authenticate")
    assert first.startswith("Digest ")
    assert 'qop="auth"' in first
    assert "MD5" in first
    assert ("stale=true" in first) == bool(step.get("is_stale"))
    is_secure = judged.host.startswith("https")
    assert [other.partition(" ")[0] for other in others] == ["Basic"] * is_secure
    realm = re.search('realm="([^"]+)"', first)
    assert realm is not None
    judged.known["realm"] = realm[1]


def _announced(judged: Judged, _: Step) -> None:
    judged.is_openrosa()
    assert (judged.answer.status, judged.answer.body) == (204, b"")
    limit = judged.answer.one("x-openrosa-accept-content-length") or ""
    assert LIMIT.fullmatch(limit)
    assert judged.answer.one("location") is None


def _there(judged: Judged, _: Step) -> None:
    judged.is_openrosa()
    assert (judged.answer.status, judged.answer.body) == (200, b"")


def _listed(judged: Judged, step: Step) -> None:
    root = judged.document(200)
    assert root.tag == f"{LIST}xforms"
    forms = [_fields(each, LIST) for each in root]
    for form in forms:
        assert form["formID"]
        assert form["name"]
        assert HASH.fullmatch(form["hash"])
        id_ = form["formID"]
        judged.known[f"form {id_}"] = judged.url(form["downloadUrl"])
        judged.known[f"form {id_} hash"] = form["hash"]
        if "manifestUrl" in form:
            judged.known[f"manifest {id_}"] = judged.url(form["manifestUrl"])
        assert form["version"] in form["downloadUrl"]
    assert {form["formID"] for form in forms} >= set(step.get("forms", ()))
    if "only" in step:
        assert [form["formID"] for form in forms] == step["only"]
    judged.known["list_tag"] = judged.answer.one("etag") or ""


def _manifest(judged: Judged, step: Step) -> None:
    root = judged.document(200)
    assert root.tag == f"{MANIFEST}manifest"
    files = [_fields(each, MANIFEST) for each in root]
    for file in files:
        assert HASH.fullmatch(file["hash"])
        name = file["filename"]
        judged.known[f"file {name}"] = judged.url(file["downloadUrl"])
        judged.known[f"file {name} hash"] = file["hash"]
    assert {file["filename"] for file in files} == set(step["files"])


def _downloaded(judged: Judged, step: Step) -> None:
    judged.is_openrosa()
    assert judged.answer.status == 200
    digest = hashlib.md5(judged.answer.body, usedforsecurity=False).hexdigest()
    name = step["at"][1:].partition("?")[0]
    assert judged.known[f"{name} hash"] == f"md5:{digest}"


def _unchanged(judged: Judged, _: Step) -> None:
    judged.is_openrosa()
    assert (judged.answer.status, judged.answer.body) == (304, b"")


def _taken(judged: Judged, step: Step) -> None:
    nature, text = judged.message(201)
    assert nature == "submit_success"
    assert step.get("shows", "") in text, text


def _refused(judged: Judged, step: Step) -> None:
    """Read a refusal; after HEAD it has no text, and Collect wants none."""
    if step["ask"] == "HEAD":
        judged.is_openrosa()
        assert judged.answer.status == step["status"]
        return
    nature, text = judged.message(step["status"])
    assert nature == "error"
    assert step["shows"] in text, text


def _fields(element: etree._Element, namespace: str) -> dict[str, str]:
    def pairs() -> Iterator[tuple[str, str]]:
        for child in element:
            assert isinstance(child.tag, str)
            assert child.tag.startswith(namespace)
            assert child.prefix is None
            yield child.tag.removeprefix(namespace), (child.text or "").strip()

    return dict(pairs())


JUDGES: dict[str, Callable[[Judged, Step], None]] = {
    "challenged": _challenged,
    "announced": _announced,
    "there": _there,
    "listed": _listed,
    "manifest": _manifest,
    "downloaded": _downloaded,
    "unchanged": _unchanged,
    "taken": _taken,
    "refused": _refused,
}
