"""Read what the application answers."""

from typing import Any

from werkzeug.test import TestResponse


def problem_slug(response: TestResponse) -> str:
    """Name the problem that a response tells of."""
    assert response.content_type == "application/problem+json", response.text
    body = response.get_json()
    assert body["status"] == response.status_code
    return str(body["type"]).removeprefix("/problems/")


def error_fields(response: TestResponse) -> set[str]:
    """Name the fields that a response complains of."""
    return {error["field"] for error in response.get_json()["errors"]}


def items(response: TestResponse) -> list[dict[str, Any]]:
    """Give the rows of a list, which must have been answered."""
    assert response.status_code == 200, response.text
    return list(response.get_json()["items"])
