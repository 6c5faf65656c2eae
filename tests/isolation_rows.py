"""How each operation of the API is asked by strangers; a new one needs a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fieldapp.identity.permissions import Role

EVERYBODY = frozenset(Role)
READERS = EVERYBODY - {Role.FACILITATOR}
DECIDERS = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
ADMINS = frozenset({Role.ADMINISTRATOR})
SENDERS = frozenset({Role.FACILITATOR})
COUNTRYWIDE: frozenset[Role] = frozenset()
"""No role in a village is enough: forms are changed by the country's administrator."""
OWNERS: frozenset[Role] = frozenset()
"""Nobody by their role: only who sent it, or whose it is."""

Names = Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """How an operation is asked about one thing, and which roles of its area may."""

    roles: frozenset[Role]
    query: Names = field(default_factory=dict)
    body: Any = None
    data: bytes | None = None
    upload: str | None = None
    """A form file, sent as browsers send files."""
    is_known_to_all: bool = False
    """What it tells belongs to no area: the state's list of places, or oneself."""
    is_public: bool = False
    """Without a token, too: it names nobody and no place."""
    is_cut_to_the_programme: bool = False
    """A report: who is of another programme there sees that of their own forms."""
    is_of_the_programme: bool = False
    """A form: whoever collects for its programme may have it, wherever they are."""


DECISION = {"kind": "approve", "revision_id": "{instance_id}"}
GRANT = {"role": "auditor", "area_code": "{code}"}
PERSON = {"username": "baru", "name": "Baru", "password": "kopi-gula-kelapa"}
URL = "https://93.184.215.14/rahasia"
WEBHOOK = {"url": URL, "events": ["entry.received"]}
DIGEST = {"email": "siti@example.org", "frequency": "daily"}
FILTERS = {"area": "{code}", "form": "{form_id}", "facilitator": "{user_id}"}

ROWS: dict[str, Row] = {
    "post /auth/login": Row(EVERYBODY, is_known_to_all=True),
    "post /auth/refresh": Row(EVERYBODY, is_known_to_all=True),
    "post /auth/logout": Row(EVERYBODY, is_known_to_all=True),
    "get /me": Row(EVERYBODY, is_known_to_all=True),
    "get /me/digest": Row(EVERYBODY, is_known_to_all=True),
    "put /me/digest": Row(EVERYBODY, body=DIGEST, is_known_to_all=True),
    "delete /me/digest": Row(EVERYBODY, is_known_to_all=True),
    "get /areas": Row(EVERYBODY, query={"q": "Sem"}, is_known_to_all=True),
    "get /areas/{code}": Row(EVERYBODY, is_known_to_all=True),
    "get /areas/{code}/children": Row(EVERYBODY, is_known_to_all=True),
    "get /areas/{code}/report": Row(EVERYBODY, is_cut_to_the_programme=True),
    "get /areas/{code}/log": Row(READERS),
    "get /areas/{code}/log/head": Row(READERS),
    "post /areas/{code}/dossier": Row(READERS, body={"purpose": "audit"}),
    "get /heads": Row(EVERYBODY, is_known_to_all=True, is_public=True),
    "get /devices": Row(ADMINS, query={"user_id": "{user_id}"}),
    "post /devices": Row(ADMINS, body={"label": "HP", "user_id": "{user_id}"}),
    "delete /devices/{device_id}": Row(ADMINS),
    "get /users": Row(ADMINS, query={}),
    "post /users": Row(ADMINS, body={**PERSON, "grants": [GRANT]}),
    "post /users/{user_id}/grants": Row(ADMINS, body=GRANT),
    "delete /users/{user_id}/grants/{grant_id}": Row(ADMINS),
    "post /sync/submissions": Row(SENDERS, body={"items": [{"xml": "{edit}"}]}),
    "put /sync/submissions/{instance_id}/attachments/{name}": Row(OWNERS, data=b"x"),
    "get /sync/changes": Row(SENDERS | ADMINS, query={}),
    "get /forms/{form_id}/versions/{version}": Row(SENDERS, is_of_the_programme=True),
    "get /forms/{form_id}/versions/{version}/files/{name}": Row(
        SENDERS, is_of_the_programme=True
    ),
    "get /forms": Row(READERS, query={}, is_of_the_programme=True),
    "get /forms/{form_id}": Row(READERS, is_of_the_programme=True),
    "get /forms/{form_id}/versions/{version}/source": Row(
        READERS, is_of_the_programme=True
    ),
    "get /forms/{form_id}/versions/{version}/changes": Row(
        READERS, is_of_the_programme=True
    ),
    "get /forms/{form_id}/export": Row(
        READERS, query={"format": "ndjson", "area": "{code}"}
    ),
    "get /forms/{form_id}/odata/": Row(READERS, query={"area": "{code}"}),
    "get /forms/{form_id}/odata/$metadata": Row(READERS, query={"area": "{code}"}),
    "get /forms/{form_id}/odata/{table}": Row(READERS, query={"area": "{code}"}),
    "get /forms/{form_id}/odata/{table}/$count": Row(READERS, query={"area": "{code}"}),
    "put /forms/{form_id}/state": Row(
        COUNTRYWIDE, body={"state": "closed", "reason": "Iseng."}
    ),
    "get /drafts": Row(ADMINS, query={}),
    "post /drafts": Row(COUNTRYWIDE, upload="{draft}"),
    "get /drafts/{form_id}": Row(COUNTRYWIDE),
    "delete /drafts/{form_id}": Row(COUNTRYWIDE),
    "put /drafts/{form_id}/files/{name}": Row(COUNTRYWIDE, data=b"x"),
    "delete /drafts/{form_id}/files/{name}": Row(COUNTRYWIDE),
    "post /drafts/{form_id}/token": Row(COUNTRYWIDE),
    "get /drafts/{form_id}/entries": Row(COUNTRYWIDE, query={}),
    "post /drafts/{form_id}/publish": Row(COUNTRYWIDE),
    "get /submissions": Row(READERS, query=FILTERS),
    "get /submissions/{instance_id}": Row(READERS),
    "get /submissions/{instance_id}/xml": Row(READERS),
    "get /submissions/{instance_id}/attachments/{name}": Row(
        READERS, query={"purpose": "certification"}
    ),
    "post /submissions/{instance_id}/edit-link": Row(OWNERS, body={}),
    "post /submissions/{instance_id}/decisions": Row(DECIDERS, body=DECISION),
    "get /submissions/{instance_id}/differences": Row(READERS),
    "get /submissions/{instance_id}/comments": Row(READERS),
    "post /submissions/{instance_id}/comments": Row(READERS, body={"text": "Cek."}),
    "put /submissions/{instance_id}/assignment": Row(DECIDERS, body={"user_id": None}),
    "post /submissions/{instance_id}/flags/{flag_id}/dismissal": Row(
        DECIDERS, body={"note": "Cek."}
    ),
    "get /submissions/{instance_id}/audit": Row(READERS),
    "get /submission-counts": Row(READERS, query={}),
    "get /my/filters": Row(READERS, is_known_to_all=True),
    "put /my/filters/{name}": Row(READERS, is_known_to_all=True),
    "delete /my/filters/{name}": Row(READERS, is_known_to_all=True),
    "post /decisions": Row(
        DECIDERS, body={"items": [{**DECISION, "instance_id": "{instance_id}"}]}
    ),
    "get /registers": Row(EVERYBODY, query={}, is_of_the_programme=True),
    "get /registers/{register_name}": Row(EVERYBODY, is_of_the_programme=True),
    "get /registers/{register_name}/entities": Row(EVERYBODY, query={"q": "siti"}),
    "get /registers/{register_name}/entities/{entity_id}": Row(EVERYBODY),
    "post /registers/{register_name}/entities/{entity_id}/delete": Row(
        DECIDERS, body={"note": "Pindah."}
    ),
    "get /entity-changes": Row(DECIDERS, query={"submission": "{instance_id}"}),
    "post /entity-changes/{change_id}/apply": Row(DECIDERS, body={"note": "Benar."}),
    "post /entity-changes/{change_id}/dismiss": Row(DECIDERS, body={"note": "Salah."}),
    "get /webhooks": Row(ADMINS, query={}),
    "post /webhooks": Row(ADMINS, body={**WEBHOOK, "area_code": "{code}"}),
    "get /webhooks/{webhook_id}": Row(ADMINS),
    "patch /webhooks/{webhook_id}": Row(ADMINS, body={"is_enabled": False}),
    "delete /webhooks/{webhook_id}": Row(ADMINS),
    "get /webhooks/{webhook_id}/deliveries": Row(ADMINS, query={}),
    "post /webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver": Row(ADMINS),
    "get /my/entries": Row(SENDERS | ADMINS, query={}),
    "get /exports": Row(READERS, query={}),
    "post /exports": Row(
        READERS, body={"form": "{form_id}", "format": "csv", "area": "{code}"}
    ),
    "get /exports/{export_id}": Row(OWNERS),
    "get /exports/{export_id}/file": Row(OWNERS),
    "delete /exports/{export_id}": Row(OWNERS),
    "get /held": Row(DECIDERS, query={}),
    "get /held/{held_id}": Row(DECIDERS),
    "get /held/{held_id}/xml": Row(DECIDERS),
    "get /held/{held_id}/attachments/{name}": Row(DECIDERS),
    "post /held/{held_id}/release": Row(DECIDERS, body={"area_code": "{code}"}),
    "post /held/{held_id}/discard": Row(DECIDERS, body={"note": "Dobel."}),
}
