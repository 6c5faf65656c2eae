"""What an operator sees: a request id, and one JSON line for each request.

No line carries personal data: neither query strings (they hold names), nor
addresses, nor the words of an exception; a device's token in a path is masked.
"""

import logging
import re
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
from flask import Flask, Response, current_app, g, request
from flask.logging import default_handler
from werkzeug.middleware.proxy_fix import ProxyFix

from fieldapp.config import Config

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
TOKEN_IN_PATH = re.compile(r"(/v1/(?:key|draft|edit)/)[^/\s?#]+")
MASK = r"\1***"
SILENT = frozenset({"/healthz", "/readyz"})


class JsonFormatter(logging.Formatter):
    """Write a record as one line of JSON; of an exception, only its kind and place."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
            **getattr(record, "members", {}),
        }
        if record.exc_info and record.exc_info[0]:
            kind, _, place = record.exc_info
            line["exception"] = f"{kind.__module__}.{kind.__qualname__}"
            line["stack"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(place)
            ]
        return orjson.dumps(line, default=str).decode()


def install(app: Flask) -> None:
    """Give each request an id and a line in the log; bound bodies; hear the proxy."""
    config: Config = app.config["FIELDAPP"]
    app.config["MAX_CONTENT_LENGTH"] = config.max_submission_bytes
    if count := config.trusted_proxies:
        fixed = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
        app.wsgi_app = fixed  # type: ignore[method-assign]  # Flask documents it so.
    _set_up_log(app.logger, config.log_level)
    app.before_request(_begin)
    app.after_request(_end)


def masked(text: str) -> str:
    """Hide the token that stands in a phone's address."""
    return TOKEN_IN_PATH.sub(MASK, text)


def request_id() -> str:
    """Give the id of the request that is being answered."""
    return str(g.request_id)


def _set_up_log(logger: logging.Logger, level: str) -> None:
    logger.removeHandler(default_handler)
    if not any(isinstance(kept.formatter, JsonFormatter) for kept in logger.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        logger.addHandler(handler)
    logger.setLevel(level)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else uuid4().hex
    g.began_at = time.perf_counter()
    if request.path.startswith("/api/"):
        config: Config = current_app.config["FIELDAPP"]
        request.max_content_length = config.max_json_bytes


def _end(response: Response) -> Response:
    if "request_id" not in g:
        return response
    response.headers["X-Request-ID"] = g.request_id
    if current_app.logger.isEnabledFor(logging.INFO) and request.path not in SILENT:
        members = {
            "request_id": g.request_id,
            "method": request.method,
            "path": masked(request.path),
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.began_at) * 1000, 1),
            "bytes_in": request.content_length,
            "bytes_out": response.content_length,
        }
        current_app.logger.info("request", extra={"members": members})
    return response
