from flask.testing import FlaskClient


def test_unknown_address_is_a_problem_in_indonesian(client: FlaskClient) -> None:
    response = client.get("/api/v1/nothing")

    assert response.status_code == 404
    assert response.content_type == "application/problem+json"
    assert response.get_json()["detail"] == "Tidak ada apa-apa di alamat ini."


def test_wrong_method_is_a_problem_that_names_the_right_ones(
    client: FlaskClient,
) -> None:
    response = client.post("/healthz", headers={"Accept-Language": "en"})

    assert response.status_code == 405
    assert response.get_json()["detail"] == "The address does not take this method."
    assert "GET" in response.headers["Allow"]


def test_bad_field_is_named_in_both_languages(client: FlaskClient) -> None:
    response = client.post("/api/v1/auth/login", json={"username": "siti"})

    assert response.status_code == 422
    assert response.get_json()["type"] == "/problems/invalid-request"
    assert {
        "field": "password",
        "detail": "Wajib diisi.",
        "texts": {"id": "Wajib diisi.", "en": "Missing data for required field."},
    } in response.get_json()["errors"]


def test_broken_json_is_refused_as_unreadable(client: FlaskClient) -> None:
    response = client.post(
        "/api/v1/auth/login", data=b'{"username":', content_type="application/json"
    )

    assert response.status_code == 400
    assert response.get_json()["texts"]["en"] == "The request cannot be read."


def test_body_above_the_limit_is_refused(client: FlaskClient) -> None:
    response = client.post(
        "/api/v1/auth/login",
        data=b'{"username":"' + b"x" * 17 * 1024 * 1024 + b'"}',
        content_type="application/json",
    )

    assert response.status_code == 413
    assert response.get_json()["title"] == "Request Entity Too Large"
