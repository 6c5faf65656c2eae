from flask.testing import FlaskClient

from tests.factories import SEMEDO, auth_headers, make_area, make_user


def test_area_is_given_with_all_above_it(client: FlaskClient) -> None:
    make_area(SEMEDO)

    response = client.get(f"/api/v1/areas/{SEMEDO}", headers=auth_headers(make_user()))

    body = response.get_json()
    assert body["path"] == "Semedo, Pekuncen, Kabupaten Banyumas, Jawa Tengah"
    codes = [above["code"] for above in body["above"]]
    assert codes == ["ID", "33", "33.02", "33.02.16"]
    assert body["time_zone"] == "Asia/Jakarta"


def test_children_are_what_lies_directly_in_an_area(client: FlaskClient) -> None:
    for code in ("33.02.16.2007", "33.02.16.2008", "33.02.17.2001"):
        make_area(code)

    headers = auth_headers(make_user())
    response = client.get("/api/v1/areas/33.02.16/children", headers=headers)

    codes = [item["code"] for item in response.get_json()["items"]]
    assert codes == ["33.02.16.2007", "33.02.16.2008"]


def test_search_gives_the_path_that_tells_namesakes_apart(client: FlaskClient) -> None:
    make_area("32.01.28.2004")
    make_area("32.01.37.2001", name="Tajurhalang")

    response = client.get(
        "/api/v1/areas",
        query_string={"q": "tajur halang", "level": 4},
        headers=auth_headers(make_user()),
    )

    paths = [item["path"] for item in response.get_json()["items"]]
    assert paths == [
        "Tajurhalang, Cijeruk, Kabupaten Bogor, Jawa Barat",
        "Tajurhalang, 32.01.37, Kabupaten Bogor, Jawa Barat",
    ]


def test_search_narrows_by_a_place_above(client: FlaskClient) -> None:
    make_area("32.01.28.2004")
    make_area("32.01.37.2001", name="Tajurhalang")

    response = client.get(
        "/api/v1/areas",
        query_string={"q": "tajurhalang, cijeruk"},
        headers=auth_headers(make_user()),
    )

    assert [item["code"] for item in response.get_json()["items"]] == ["32.01.28.2004"]


def test_search_for_wildcards_finds_nothing_special(client: FlaskClient) -> None:
    make_area(SEMEDO)
    headers = auth_headers(make_user())

    for text in ("%%", "se_edo", "'; drop table area; --"):
        response = client.get(
            "/api/v1/areas", query_string={"q": text}, headers=headers
        )
        assert response.status_code == 200
        assert SEMEDO not in [item["code"] for item in response.get_json()["items"]]


def test_code_without_dots_is_refused_with_the_reason(client: FlaskClient) -> None:
    headers = {**auth_headers(make_user()), "Accept-Language": "en"}

    response = client.get("/api/v1/areas/3302162007", headers=headers)

    assert response.status_code == 422
    assert "with its dots" in response.get_json()["detail"]
    assert response.get_json()["errors"][0]["field"] == "code"


def test_unknown_code_is_not_found(client: FlaskClient) -> None:
    headers = auth_headers(make_user())

    for code in ("99", "33.02.16.2999", "nothing", "33%00", "%00"):
        response = client.get(f"/api/v1/areas/{code}", headers=headers)
        assert response.status_code == 404
        assert response.get_json()["type"] == "/problems/not-found"


def test_strangers_see_no_areas(client: FlaskClient) -> None:
    make_area(SEMEDO)

    assert client.get(f"/api/v1/areas/{SEMEDO}").status_code == 401
