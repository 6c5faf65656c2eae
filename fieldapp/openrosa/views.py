"""The addresses that phones call.

They are below ``/v1/key/TOKEN``, ``/v1/draft/TOKEN``, ``/v1/edit/TOKEN``, and without
a token ``/v1``.
"""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from fieldapp.config import Config
from fieldapp.enketo.links import open_link
from fieldapp.extensions import db
from fieldapp.forms.offered import OfferedFile, OfferedForm
from fieldapp.identity import throttle
from fieldapp.identity.access import public
from fieldapp.identity.problems import TooManySignIns
from fieldapp.openrosa import render
from fieldapp.openrosa.doors import (
    DRAFT,
    EDIT,
    SIGNED_IN,
    base_url,
    open_door,
    refuse_unknown,
)
from fieldapp.openrosa.problems import PhoneSignInRequired, WrongDevicePassword
from fieldapp.openrosa.receiving import receive, receive_trial
from fieldapp.openrosa.signing_in import challenges
from fieldapp.submissions.queries import get_attachment
from fieldapp.submissions.views import attachment_response
from fieldapp.web.problems import Problem, ServerUnavailable, nothing_here
from fieldapp.web.text import Text

TOKEN_IS_CHECKED = "The token, or what a phone signs in with, is checked by each view."  # noqa: S105 - A reason, no password.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

SIGNED_IN_PREFIX = "/v1"
SIGNED_IN_NAME = "openrosa_signed_in"

blueprint = Blueprint(
    "openrosa", __name__, url_prefix="/v1/<any(key, draft, edit):kind>/<token>"
)


@blueprint.get("/formList")
@public(TOKEN_IS_CHECKED)
def list_forms(kind: str, token: str) -> Response:
    """List the forms that are behind the token (Form Discovery 1.0)."""
    door = open_door(kind, token)
    base = base_url(kind, token)
    forms = door.forms(request.args.get("formID"))
    return _cacheable(
        render.form_list(_form_entry(form, base, door.language) for form in forms)
    )


@blueprint.get("/forms/<form_id>/v/<version>.xml")
@public(TOKEN_IS_CHECKED)
def download_form(kind: str, token: str, form_id: str, version: str) -> Response:
    """Give a form version's XForm, byte for byte as the list's hash says."""
    form = open_door(kind, token).xml(form_id, version)
    return _cacheable(form.xml, etag=form.md5)


@blueprint.get("/forms/<form_id>/v/<version>/manifest")
@public(TOKEN_IS_CHECKED)
def list_files(kind: str, token: str, form_id: str, version: str) -> Response:
    """List the files that go with a form version (Form Discovery 1.0)."""
    door = base_url(kind, token)
    base = _version_url(door, form_id, version)
    files = open_door(kind, token).files(form_id, version)
    entries = (_file_entry(file, base, door) for file in files)
    return _cacheable(render.manifest(entries))


@blueprint.get("/forms/<form_id>/v/<version>/files/<name>")
@public(TOKEN_IS_CHECKED)
def download_file(
    kind: str, token: str, form_id: str, version: str, name: str
) -> Response:
    """Give one file of a form version, the very bytes that the manifest hashed."""
    files = open_door(kind, token).files(form_id, version)
    file = next((each for each in files if each.name == name), None)
    if file is None:
        raise nothing_here()
    return _cacheable(file.content, etag=file.md5, kind=file.media_type)


@blueprint.get("/entry/files/<name>")
@public(TOKEN_IS_CHECKED)
def download_entry_file(kind: str, token: str, name: str) -> Response:
    """Give a file of the entry that a link opens, and of no other."""
    if kind != EDIT:
        refuse_unknown(kind, token)
        raise nothing_here()
    return attachment_response(get_attachment(open_link(token).revision, name))


@blueprint.get("/registers/<name>/integrity")
@public(TOKEN_IS_CHECKED)
def tell_deleted(kind: str, token: str, name: str) -> Response:
    """Say which of the entities that a phone made it should forget.

    It stands as ``integrityUrl`` beside a list of entities (openrosa.md, section 5).
    """
    states = open_door(kind, token).deleted_states(name, request.args.get("id", ""))
    return _cacheable(render.integrity(states))


@blueprint.route("/submission", methods=["HEAD"])
@public(TOKEN_IS_CHECKED)
def announce(kind: str, token: str) -> Response:
    """Tell a phone that it may post here, and how much at once (Form Submission 1.0).

    204 and nothing else: Collect takes any other success for a login page.
    """
    refuse_unknown(kind, token)
    return _with_limit(Response(status=HTTPStatus.NO_CONTENT))


@blueprint.post("/submission")
@public(TOKEN_IS_CHECKED)
def submit(kind: str, token: str) -> Response:
    """Take one entry, or one part of it, with its files (Form Submission 1.0)."""
    if kind == DRAFT:
        text = receive_trial(token, request.environ, _config())
        db.session.commit()
        return _taken(text)
    outcome = receive(kind, token, request.environ, _config())
    if outcome.problem is not None:
        return _problem_response(outcome.problem)
    return _taken(outcome.message)


@blueprint.route("/<path:_rest>", methods=METHODS)
@public(TOKEN_IS_CHECKED)
def refuse_elsewhere(kind: str, token: str, _rest: str) -> Response:
    """Answer in XML at addresses that phones do not have."""
    if kind != SIGNED_IN:
        refuse_unknown(kind, token)
    raise nothing_here()


@blueprint.errorhandler(Problem)
def _problem_response(problem: Problem) -> Response:
    """Write a problem as the message that a phone shows."""
    body = render.message(problem.detail.both(), nature="error")
    response = render.xml_response(body, problem.status)
    response.headers.update(problem.headers)
    return _with_limit(response)


@blueprint.errorhandler(PhoneSignInRequired)
def _challenge(problem: PhoneSignInRequired) -> Response:
    """Ask a phone to sign in; each way has a header line of its own."""
    return _with_challenges(_problem_response(problem), is_stale=problem.is_stale)


@blueprint.errorhandler(WrongDevicePassword)
def _count_wrong_password(problem: WrongDevicePassword) -> Response:
    """Count a failure, and turn away who fails too often.

    The device's own names are counted apart from those of people who sign in: a phone
    that is set up wrongly does not shut its owner out.
    """
    try:
        throttle.count_attempt(f"phone {problem.username}", request.remote_addr or "")
    except TooManySignIns as too_many:
        db.session.rollback()
        return _problem_response(too_many)
    db.session.commit()
    return _with_challenges(_problem_response(problem), is_stale=False)


@blueprint.errorhandler(OperationalError)
def _database_is_away(error: OperationalError) -> Response:
    """Answer 503, so that the phone keeps what it has and tries again."""
    current_app.logger.error("database is away", exc_info=error)
    return _problem_response(ServerUnavailable())


@blueprint.errorhandler(HTTPException)
def _http_response(error: HTTPException) -> Response:
    """Write what Werkzeug refuses, and what we failed at, as XML too."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        text = ServerUnavailable().detail
    else:
        text = Text(f"Permintaan ditolak ({status})", status.phrase)
    return _with_limit(
        render.xml_response(render.message(text.both(), nature="error"), status)
    )


@blueprint.after_request
def _add_headers(response: Response) -> Response:
    return render.add_headers(response)


def _with_challenges(response: Response, *, is_stale: bool) -> Response:
    asked = challenges(request.environ, _config().secret_key, is_stale=is_stale)
    response.headers.setlist("WWW-Authenticate", asked)
    return response


def _config() -> Config:
    config: Config = current_app.config["FIELDAPP"]
    return config


def _taken(text: Text) -> Response:
    body = render.message(text.both(), nature="submit_success")
    return _with_limit(render.xml_response(body, HTTPStatus.CREATED))


def _with_limit(response: Response) -> Response:
    """Tell how much a phone should send at once (OpenRosa HTTP 1.0)."""
    limit = _config().announced_submission_bytes
    response.headers["X-OpenRosa-Accept-Content-Length"] = str(limit)
    return response


def _cacheable(
    body: bytes | Iterable[bytes],
    *,
    etag: str | None = None,
    kind: str = render.CONTENT_TYPE,
) -> Response:
    """Give an answer that a phone may keep, but must ask about each time.

    What comes in pieces needs an ``etag``; where the phone has it they are not made.
    """
    response = Response(body, content_type=kind)
    # To count what comes in pieces Werkzeug would make them all.
    response.automatically_set_content_length = not isinstance(body, Iterator)
    if etag is None:
        response.add_etag()
    else:
        response.set_etag(etag)
    response.make_conditional(request)
    return response


def _version_url(base: str, form_id: str, version: str) -> str:
    return f"{base}/forms/{quote(form_id, safe='')}/v/{quote(version, safe='')}"


def _form_entry(form: OfferedForm, base: str, language: str) -> render.FormEntry:
    url = _version_url(base, form.form_id, form.version)
    return render.FormEntry(
        form_id=form.form_id,
        name=form.name(language),
        version=form.version,
        md5=form.md5,
        download_url=f"{url}.xml",
        manifest_url=f"{url}/manifest" if form.has_files else None,
    )


def _file_entry(file: OfferedFile, base: str, door: str) -> render.FileEntry:
    integrity_url = None
    if file.register is not None:
        integrity_url = f"{door}/registers/{quote(file.register, safe='')}/integrity"
    return render.FileEntry(
        name=file.name,
        md5=file.md5,
        download_url=f"{base}/files/{quote(file.name, safe='')}",
        integrity_url=integrity_url,
    )
