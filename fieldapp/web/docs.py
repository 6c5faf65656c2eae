"""What the server says about itself: its OpenAPI document, and what problems mean."""

from collections.abc import Iterator
from html import escape
from typing import Any

import orjson
from flask import Response, current_app, send_from_directory
from marshmallow import Schema, fields
from swagger_ui_bundle import swagger_ui_path

from fieldapp.web.problems import NotFound, Problem
from fieldapp.web.text import Text

BROWSER_FILES = frozenset(
    {
        "favicon-16x16.png",
        "favicon-32x32.png",
        "swagger-ui-bundle.js",
        "swagger-ui.css",
    }
)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Nothing from elsewhere, and nothing inline."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

PAGE = """<!DOCTYPE html>
<html lang="id">
<head>
<meta charset="utf-8">
<title>Fieldapp API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

START = """window.onload = () => {
  SwaggerUIBundle({
    url: "/api/v1/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    validatorUrl: null,
    displayRequestDuration: true,
  });
};
"""

NO_SUCH_PAGE = Text("Tidak ada halaman ini.", "There is no such page.")


class ProblemFieldSchema(Schema):
    """What is wrong with one field."""

    field = fields.String(required=True)
    detail = fields.String(required=True)
    texts = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class ProblemSchema(Schema):
    """Problem details (RFC 9457), in the asked language and in both."""

    type = fields.String(required=True, metadata={"example": "/problems/not-found"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    texts = fields.Dict(keys=fields.String(), values=fields.String())
    errors = fields.List(fields.Nested(ProblemFieldSchema))


def openapi_document() -> Response:
    """Serve the description of the API."""
    document: bytes = current_app.extensions["openapi_document"]
    return Response(document, content_type="application/json")


def dump_document(document: dict[str, Any]) -> bytes:
    """Write the document; errors are problem details, which smorest cannot say."""
    for response in document.get("components", {}).get("responses", {}).values():
        content = response.get("content", {})
        if "Problem" in str(content):
            content["application/problem+json"] = content.pop("application/json")
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def browse() -> Response:
    """Show the API in Swagger UI."""
    return Response(PAGE, content_type="text/html; charset=utf-8", headers=HEADERS)


def browser_file(name: str) -> Response:
    """Serve a file of Swagger UI from its package: nothing comes from the internet."""
    if name == "start.js":
        response = Response(START, content_type="text/javascript; charset=utf-8")
    elif name in BROWSER_FILES:
        response = send_from_directory(swagger_ui_path, name, max_age=86400)
    else:
        raise NotFound(NO_SUCH_PAGE)
    response.headers.update(HEADERS)
    return response


def read_problem(slug: str) -> Response:
    """Explain one type of problem to whoever followed its address."""
    kind = {problem.slug: problem for problem in all_problems()}.get(slug)
    if kind is None:
        raise NotFound(NO_SUCH_PAGE)
    title, meaning = kind.title, (kind.__doc__ or "").split("\n\n")[0]
    page = (
        f"<!DOCTYPE html><html lang='id'><meta charset='utf-8'>"
        f"<title>{escape(title.id)}</title><h1>{escape(title.id)}</h1>"
        f"<h2 lang='en'>{escape(title.en)}</h2><p>HTTP {kind.status}</p>"
        f"<p lang='en'>{escape(meaning)}</p></html>"
    )
    return Response(page, content_type="text/html; charset=utf-8", headers=HEADERS)


def all_problems(of: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """List every type of problem that has a slug."""
    for kind in of.__subclasses__():
        if "slug" in vars(kind):
            yield kind
        yield from all_problems(kind)
