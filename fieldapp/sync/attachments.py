"""Receive one file of an entry as a raw body, and check what the client says of it."""

import base64
import binascii
import re
from wsgiref.types import WSGIEnvironment

from werkzeug.exceptions import ClientDisconnected, LengthRequired
from werkzeug.wsgi import get_content_length

from fieldapp.config import Config
from fieldapp.identity.permissions import Actor
from fieldapp.submissions.delivery import Outcome, ReceivedFile
from fieldapp.submissions.file_names import unsafe_name_reason
from fieldapp.submissions.files import StoredFile, file_store
from fieldapp.submissions.incoming import BoundedInput
from fieldapp.submissions.intake import add_file, refuse_unsent
from fieldapp.sync.body import CUT_OFF
from fieldapp.sync.problems import BadBody, DigestMismatch, UnusableFileName
from fieldapp.web.problems import Problem
from fieldapp.web.text import Text

MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,100}/[a-z0-9.+-]{1,100}", re.ASCII)
UNKNOWN_MEDIA_TYPE = "application/octet-stream"
SHA_256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]*):", re.ASCII)

BAD_DIGEST = Text(
    "Tulis Content-Digest sebagai sha-256=:BASE64:.",
    "Write Content-Digest as sha-256=:BASE64:.",
)
DAMAGED = Text(
    "Isi berkas tidak cocok dengan Content-Digest. Kirim lagi.",
    "The file's content does not match its Content-Digest. Send it again.",
)


def receive_file(
    actor: Actor, instance_id: str, name: str, environ: WSGIEnvironment, config: Config
) -> Outcome:
    """Store a body and add it to an entry of the actor's own.

    :raises UnusableFileName: if the name can't be kept.
    :raises DigestMismatch: if the content is not the one that was announced.
    :raises TooLarge: if it is larger than a delivery may be.
    :raises NotFound: if the actor has sent no such entry.
    """
    if get_content_length(environ) is None and "wsgi.input_terminated" not in environ:
        raise LengthRequired
    stream = BoundedInput(environ, config.max_submission_bytes)
    try:
        refuse_unsent(actor, instance_id)
        stored = _store(stream, name, environ, config)
    except Problem:
        stream.drain()
        raise
    media_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    file = ReceivedFile(
        name=name,
        digest=stored.digest,
        size=stored.size,
        media_type=(
            media_type if MEDIA_TYPE.fullmatch(media_type) else UNKNOWN_MEDIA_TYPE
        ),
    )
    return add_file(actor, instance_id, file)


def _store(
    stream: BoundedInput, name: str, environ: WSGIEnvironment, config: Config
) -> StoredFile:
    reason = unsafe_name_reason(name)
    if reason is not None:
        raise UnusableFileName(reason)
    announced = _announced_digest(environ.get("HTTP_CONTENT_DIGEST", ""))
    with file_store(config.files_dir).writer() as writer:
        try:
            for chunk in iter(stream.read, b""):
                writer.write(chunk)
        except ClientDisconnected as error:
            raise BadBody(CUT_OFF) from error
        if announced not in (None, writer.seal().digest):
            raise DigestMismatch(DAMAGED)
        return writer.finish()


def _announced_digest(header: str) -> bytes | None:
    """Read the SHA-256 of a ``Content-Digest`` (RFC 9530); None without the header."""
    if not header:
        return None
    found = SHA_256.search(header)
    if found is None:
        raise BadBody(BAD_DIGEST)
    try:
        return base64.b64decode(found.group(1), validate=True)
    except binascii.Error as error:
        raise BadBody(BAD_DIGEST) from error
