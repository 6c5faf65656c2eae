"""Send an entry as ODK Collect does: HEAD, then one POST or several parts of it."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

from fieldapp.phone.documents import message_of, password_fault
from fieldapp.phone.downloading import Log
from fieldapp.phone.faults import Faults
from fieldapp.phone.filling import Filled
from fieldapp.phone.pictures import Attachment
from fieldapp.phone.wire import REDIRECTS, UNAUTHORIZED, Answer, Wire, WireError

NO_CONTENT = 204
TAKEN = frozenset({201, 202})
COLLECTS_LIMIT = 10_000_000
MAX_FILES = 100
XML_PART = "xml_submission_file"
INCOMPLETE = b"*isIncomplete*"


@dataclass(frozen=True)
class Part:
    """One POST of an entry, with some of its files."""

    files: tuple[Attachment, ...]
    number: int
    count: int


@dataclass
class Sender:
    """A phone with finished entries."""

    server: str
    wire: Wire
    faults: Faults
    log: Log
    is_splitting: bool = False
    """Send each file in a POST of its own, whatever the server announces."""

    def send(self, filled: Filled, *, is_again: bool = False) -> bool:
        """Send an entry whole; say whether the phone may take it for sent."""
        where = f"{filled.form.form_id}: submission"
        action = filled.form.submission.get("action", "")
        target = action or f"{self.server}/submission"
        announced = self._announced(target, where)
        if announced is None:
            return False
        target, limit = announced
        return all(
            self._post(target, filled, part, is_again=is_again)
            for part in self._parts(filled, limit)
        )

    def _announced(self, target: str, where: str) -> tuple[str, int] | None:
        """Ask where to post, and how much at once; None where a phone gives up."""
        try:
            answer = self.wire.head(target)
        except WireError as error:
            self.faults.add("no-answer", where, reason=error)
            return None
        self.log(f"{where} HEAD", answer, "")
        if answer.status == UNAUTHORIZED:
            self.faults.add(password_fault(answer), where)
            return None
        if answer.status != NO_CONTENT:
            self.faults.add("head-not-204", where, status=answer.status)
            return None
        return self._place(answer, target, where), self._limit(answer, where)

    def _place(self, answer: Answer, target: str, where: str) -> str:
        place = urljoin(target, answer.headers.get("location", target))
        host = urlsplit(target).netloc
        if urlsplit(place).netloc != host:
            self.faults.add("moved-elsewhere", where, url=place, host=host)
        return place

    def _limit(self, answer: Answer, where: str) -> int:
        found = answer.headers.get("x-openrosa-accept-content-length")
        if found is None:
            self.faults.add("no-limit", where)
            return COLLECTS_LIMIT
        if not (found.isascii() and found.isdigit()):
            self.faults.add("bad-limit", where, found=found)
            return COLLECTS_LIMIT
        return int(found)

    def _parts(self, filled: Filled, limit: int) -> list[Part]:
        """Part the files; the XML goes with each part, and one file at least."""
        batches: list[list[Attachment]] = [[]]
        size = len(filled.xml)
        for file in filled.attachments:
            is_full = size + len(file.content) > limit or len(batches[-1]) > MAX_FILES
            if batches[-1] and (is_full or self.is_splitting):
                batches.append([])
                size = len(filled.xml)
            batches[-1].append(file)
            size += len(file.content)
        return [
            Part(tuple(files), number, len(batches))
            for number, files in enumerate(batches, start=1)
        ]

    def _post(self, target: str, filled: Filled, part: Part, *, is_again: bool) -> bool:
        where = f"{filled.form.form_id}: submission {part.number}/{part.count}"
        boundary = str(uuid4())
        body = _body(filled, part, boundary)
        kind = f"multipart/form-data; boundary={boundary}"
        try:
            answer = self.wire.post(target, body, kind)
        except WireError as error:
            self.faults.add("no-answer", where, reason=error)
            return False
        message = message_of(answer)
        self.log(where, answer, message)
        if not message:
            self.faults.add("no-message", where)
        if answer.status in TAKEN:
            return True
        self.faults.add(
            _refusal(answer, is_again=is_again),
            where,
            status=answer.status,
            message=message,
        )
        return False


def _refusal(answer: Answer, *, is_again: bool) -> str:
    if answer.status in REDIRECTS:
        return "post-redirected"
    if answer.status == UNAUTHORIZED:
        return password_fault(answer)
    return "resend-refused" if is_again else "post-not-201"


def _body(filled: Filled, part: Part, boundary: str) -> bytes:
    name = f"{filled.instance_id.removeprefix('uuid:')}.xml"
    parts = [_field(XML_PART, name, "text/xml", filled.xml)]
    parts += [
        _field(file.name, file.name, file.media_type, file.content)
        for file in part.files
    ]
    if part.number < part.count:
        head = b'Content-Disposition: form-data; name="' + INCOMPLETE + b'"'
        parts.append(head + b"\r\n\r\nyes\r\n")
    mark = f"--{boundary}".encode()
    return b"".join(mark + b"\r\n" + each for each in parts) + mark + b"--\r\n"


def _field(name: str, filename: str, kind: str, content: bytes) -> bytes:
    head = (
        f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n"
