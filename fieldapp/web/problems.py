"""Expected failures, told to the client as RFC 9457 problem details.

The tree: every class below ``Problem`` is one row of ``docs/problems.md``.
Each package declares its own in its ``problems.py``; ``install`` renders all.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
from flask import Flask, Response, current_app, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from fieldapp.web.text import LANGUAGES, Text
from fieldapp.web.validation import INVALID, faults

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem, and so do we.
    """An expected failure: the class says its kind, the detail says this occurrence."""

    status: ClassVar[int]
    slug: ClassVar[str]
    title: ClassVar[Text]

    def __init__(
        self,
        detail: Text,
        *,
        errors: Iterable["FieldError"] = (),
        headers: dict[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail.en)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = headers or {}
        self.members = members

    def as_dict(self, language: str) -> dict[str, Any]:
        """Give the body: one language up front, both in ``texts``."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.slug}",
            "title": getattr(self.title, language),
            "status": self.status,
            "detail": getattr(self.detail, language),
            "texts": self.detail.as_dict(),
            **self.members,
        }
        if self.errors:
            body["errors"] = [error.as_dict(language) for error in self.errors]
        return body


class FieldError:
    """What is wrong with one field of a request, and what to send instead."""

    def __init__(self, field: str, detail: Text) -> None:
        self.field = field
        self.detail = detail

    def as_dict(self, language: str) -> dict[str, Any]:
        """Give the error as a member of a problem's ``errors``."""
        return {
            "field": self.field,
            "detail": getattr(self.detail, language),
            "texts": self.detail.as_dict(),
        }


class InvalidRequest(Problem):
    """The request's own form is wrong: the fields say where."""

    status = 422
    slug = "invalid-request"
    title = Text("Permintaan tidak sah", "The request is not valid")


class NotFound(Problem):
    """There is no such thing, or none that the caller may know of."""

    status = 404
    slug = "not-found"
    title = Text("Tidak ditemukan", "Not found")


NOTHING_HERE = Text(
    "Tidak ada apa-apa di alamat ini, atau bukan untuk Anda.",
    "There is nothing at this address, or nothing that is yours to see.",
)


def nothing_here() -> NotFound:
    """Answer the same for what does not exist and for what the actor may not know."""
    return NotFound(NOTHING_HERE)


class ServerUnavailable(Problem):
    """The server can't answer at this moment; the client should try again."""

    status = 503
    slug = "server-unavailable"
    title = Text("Server sedang terganggu", "The server is having trouble")

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Server sedang terganggu. Data di HP tetap aman; coba lagi nanti.",
                "The server is having trouble. What is on the phone stays safe; try "
                "again later.",
            ),
            headers={"Retry-After": "60"},
        )


def asked_language() -> str:
    """Choose the language of an answer: what the client asked for, else Indonesian."""
    return request.accept_languages.best_match(LANGUAGES, default="id") or "id"


def problem_response(problem: Problem) -> Response:
    """Render a problem as ``application/problem+json``."""
    return Response(
        orjson.dumps(problem.as_dict(asked_language())),
        status=problem.status,
        content_type=MEDIA_TYPE,
        headers={"Content-Language": asked_language(), **problem.headers},
    )


HTTP_TEXTS = {
    400: Text("Permintaan tidak dapat dibaca.", "The request cannot be read."),
    404: Text("Tidak ada apa-apa di alamat ini.", "There is nothing at this address."),
    405: Text(
        "Alamat ini tidak menerima metode itu.",
        "The address does not take this method.",
    ),
    413: Text(
        "Isi permintaan terlalu besar. Kirim dalam beberapa bagian.",
        "The request is too large. Send it in several parts.",
    ),
    415: Text(
        "Jenis isi (Content-Type) ini tidak diterima di sini.",
        "This type of content is not taken here.",
    ),
    500: Text(
        "Ada kesalahan di server. Coba lagi; data yang belum terkirim tetap aman. "
        "Bila terulang, sebutkan X-Request-ID kepada pengelola.",
        "The server made a mistake. Try again; what is not sent yet stays safe. "
        "If it happens again, tell the operator the X-Request-ID.",
    ),
}
"""Werkzeug's own failures, in words for people; others keep their English."""


def _http_response(error: HTTPException) -> Response:
    """Render Werkzeug's own failure; what marshmallow refused says which fields."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    messages = getattr(error, "data", {}).get("messages")
    if messages and status == HTTPStatus.UNPROCESSABLE_ENTITY:
        errors = [FieldError(field, text) for field, text in faults(messages)]
        return problem_response(InvalidRequest(INVALID, errors=errors))
    words = str(error.description or status.phrase)
    text = HTTP_TEXTS.get(status, Text(words, words))
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": getattr(text, asked_language()),
        "texts": text.as_dict(),
    }
    headers = {
        name: value
        for name, value in error.get_headers()
        if name.lower() not in {"content-type", "content-length"}
    }
    return Response(
        orjson.dumps(body), status=status, content_type=MEDIA_TYPE, headers=headers
    )


def _database_is_away(error: OperationalError) -> Response:
    current_app.logger.error("database is away", exc_info=error)
    return problem_response(ServerUnavailable())


def _refuse_nul() -> None:
    """Refuse NUL in an address, which no column can hold."""
    values = (request.view_args or {}).values()
    if any("\0" in value for value in values if isinstance(value, str)):
        raise nothing_here()


def install(app: Flask) -> None:
    """Answer every failure, expected or Werkzeug's own, as problem details."""
    app.before_request(_refuse_nul)
    app.register_error_handler(Problem, problem_response)
    app.register_error_handler(HTTPException, _http_response)
    app.register_error_handler(OperationalError, _database_is_away)
