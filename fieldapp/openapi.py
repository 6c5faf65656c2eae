"""The API as a whole: its blueprints, its description, and a page to browse it."""

import re
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_smorest import Blueprint

from fieldapp.areas import log
from fieldapp.areas import views as areas
from fieldapp.authoring import form_views as forms
from fieldapp.authoring import views as authoring
from fieldapp.dossier import views as dossier
from fieldapp.enketo import views as enketo
from fieldapp.entities import views as entities
from fieldapp.exporting import views as exporting
from fieldapp.extensions import api
from fieldapp.identity import views as identity
from fieldapp.identity.access import public
from fieldapp.indicators import views as indicators
from fieldapp.notices import views as notices
from fieldapp.odata import views as odata
from fieldapp.openrosa import views as openrosa
from fieldapp.openrosa.doors import SIGNED_IN
from fieldapp.quality import views as quality
from fieldapp.review import queue_views as queue
from fieldapp.review import views as review
from fieldapp.submissions import views as submissions
from fieldapp.sync import views as sync
from fieldapp.web.docs import (
    ProblemSchema,
    browse,
    browser_file,
    dump_document,
    openapi_document,
    read_problem,
)
from fieldapp.web.health import healthz, readyz

BLUEPRINTS: tuple[Blueprint, ...] = (
    identity.blueprint,
    areas.blueprint,
    sync.blueprint,
    submissions.blueprint,
    queue.blueprint,
    review.blueprint,
    enketo.blueprint,
    quality.blueprint,
    entities.blueprint,
    forms.blueprint,
    authoring.blueprint,
    indicators.blueprint,
    exporting.blueprint,
    odata.blueprint,
    log.blueprint,
    dossier.blueprint,
    notices.blueprint,
)
"""In the order in which the document lists them."""

SETTINGS: Mapping[str, Any] = {
    "API_TITLE": "Fieldapp",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.0.3",
    "OPENAPI_URL_PREFIX": None,
    "API_SPEC_OPTIONS": {
        "info": {
            "description": "Offline field data of village programmes: sync, review, "
            "reports, and a log that can be proved. Errors are problem details "
            "(RFC 9457) in Indonesian and English.",
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access_token of POST /api/v1/auth/login.",
                },
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "A person's name and password, over https; only for "
                    "the OData feeds.",
                },
            }
        },
    },
}

ADDRESSES = (
    ("/healthz", healthz, "A probe has no account."),
    ("/readyz", readyz, "A probe has no account."),
    ("/api/v1/openapi.json", openapi_document, "It describes; it holds no data."),
    ("/docs", browse, "It describes; it holds no data."),
    ("/docs/<path:name>", browser_file, "It describes; it holds no data."),
    ("/problems/<slug>", read_problem, "Whoever met a problem may read about it."),
)


OPEN_OPERATIONS = frozenset({"identity.login", "log.publish_heads"})
"""What is called without an access token; a test checks that nothing else is."""

PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")

api.ERROR_SCHEMA = ProblemSchema


def register(app: Flask) -> None:
    """Register every blueprint, and the addresses that belong to no package."""
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    app.register_blueprint(openrosa.blueprint)
    app.register_blueprint(
        openrosa.blueprint,
        name=openrosa.SIGNED_IN_NAME,
        url_prefix=openrosa.SIGNED_IN_PREFIX,
        url_defaults={"kind": SIGNED_IN, "token": ""},
    )
    for rule, view, reason in ADDRESSES:
        app.add_url_rule(rule, view_func=public(reason)(view))
    app.extensions["openapi_document"] = dump_document(_document(app))


def _document(app: Flask) -> dict[str, Any]:
    """Describe the API, and say which operations need no token."""
    document: dict[str, Any] = api.spec.to_dict()
    for rule in app.url_map.iter_rules():
        operations = document["paths"].get(PARAMETER.sub(r"{\1}", rule.rule), {})
        for method in rule.methods or ():
            if rule.endpoint in OPEN_OPERATIONS and method.lower() in operations:
                operations[method.lower()]["security"] = []
    return document
