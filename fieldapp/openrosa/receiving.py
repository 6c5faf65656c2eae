"""Receive one POST of a phone: who, what, and hand it to the intake.

This runs hundreds of times a second on a Monday evening, so it reads the WSGI
environment itself and leaves alone all that it does not need.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote_plus
from wsgiref.types import WSGIEnvironment

from fieldapp.authoring.offered import definition_of
from fieldapp.authoring.trials import try_entry
from fieldapp.config import Config
from fieldapp.enketo.links import OpenLink, open_link
from fieldapp.openrosa.body import Body, Refuse, read_body
from fieldapp.openrosa.doors import EDIT, draft_at, phone_actor
from fieldapp.openrosa.multipart import MultipartReader, boundary_of
from fieldapp.submissions.client import client_text
from fieldapp.submissions.delivery import Delivery, Outcome, ReceivedFile
from fieldapp.submissions.files import FileStore, file_store
from fieldapp.submissions.incoming import BoundedInput
from fieldapp.submissions.intake import accept
from fieldapp.submissions.prepare import refuse_early
from fieldapp.web import clock
from fieldapp.web.problems import Problem
from fieldapp.web.text import Text

DOOR = "openrosa"
DEVICE_ID = re.compile(r"(?:^|&)deviceID=([^&]*)")


def receive(kind: str, token: str, environ: WSGIEnvironment, config: Config) -> Outcome:
    """Take in what a phone posts, or Enketo in the name of a link's person.

    :raises Problem: if nobody knows the phone, or the body can't be read.
    """
    received_at = clock.now()
    stream = BoundedInput(environ, config.max_submission_bytes)

    def delivery(xml: bytes, files: tuple[ReceivedFile, ...] = ()) -> Delivery:
        return Delivery(actor, xml, files, DOOR, _client(environ), received_at)

    def refuse(xml: bytes) -> None:
        if link is not None:
            link.refuse_other(xml)
        refuse_early(delivery(xml))

    link: OpenLink | None = None
    try:
        if kind == EDIT:
            link = open_link(token)
        actor = link.actor if link else phone_actor(kind, token, environ)
        body = _read(
            environ,
            stream,
            file_store(config.files_dir),
            max_xml=config.max_instance_bytes,
            refuse=refuse,
        )
        if link is not None and not body.files:
            link.refuse_other(body.xml)
    except Problem:
        stream.drain()
        raise
    return accept([delivery(body.xml, body.files)])[0]


def receive_trial(token: str, environ: WSGIEnvironment, config: Config) -> Text:
    """Take in what a phone posts to try a draft; the caller commits.

    Its files are read, so that the phone sees its upload come to an end, and dropped.

    :raises Problem: if the token is wrong, or the body can't be read.
    """
    stream = BoundedInput(environ, config.max_submission_bytes)
    try:
        draft = draft_at(token)
        with TemporaryDirectory() as folder:
            store = FileStore(Path(folder) / "files")
            limit = config.max_instance_bytes
            body = _read(environ, stream, store, max_xml=limit)
    except Problem:
        stream.drain()
        raise
    return try_entry(
        draft,
        definition_of(draft),
        body.xml,
        body.files,
        client=_client(environ),
        received_at=clock.now(),
    )


def _read(
    environ: WSGIEnvironment,
    stream: BoundedInput,
    store: FileStore,
    *,
    max_xml: int,
    refuse: Refuse = lambda _: None,
) -> Body:
    boundary = boundary_of(environ.get("CONTENT_TYPE", ""))
    reader = MultipartReader(stream.read, boundary)
    return read_body(reader, store, max_xml=max_xml, refuse=refuse)


def _client(environ: WSGIEnvironment) -> str:
    found = DEVICE_ID.search(environ.get("QUERY_STRING", ""))
    device_id = unquote_plus(found.group(1)) if found else None
    return client_text(environ.get("HTTP_USER_AGENT"), device_id)
