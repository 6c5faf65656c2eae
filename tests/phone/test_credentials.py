"""What a simulated phone answers to challenges."""

import re

import pytest

from fieldapp.phone.credentials import Credentials

BASIC = 'Basic realm="fieldapp"'
DIGEST = 'Digest realm="http-auth@example.org", qop="auth, auth-int", nonce="{nonce}"'


def signed(challenges: tuple[str, ...], *, is_secure: bool) -> str:
    given = Credentials("a.example", "Mufasa", "Circle of Life")
    taken = given.take(challenges, is_secure=is_secure)
    header = given.header("GET", "/dir/index.html").get("Authorization", "")
    assert taken == bool(header)
    return header


@pytest.mark.parametrize(
    ("challenges", "is_secure", "kind"),
    [
        ((DIGEST, BASIC), True, "Digest"),
        ((BASIC, DIGEST), True, "Basic"),
        ((BASIC, DIGEST), False, "Digest"),
        ((BASIC,), True, "Basic"),
        ((BASIC,), False, ""),
        (("Bearer",), True, ""),
        ((), True, ""),
    ],
)
def test_the_first_challenge_that_collect_knows_wins(
    challenges: tuple[str, ...], kind: str, *, is_secure: bool
) -> None:
    assert signed(challenges, is_secure=is_secure).partition(" ")[0] == kind


def test_digest_is_answered_as_the_standard_works_it_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the values of RFC 7616, 3.9.1."""
    own = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr("secrets.token_hex", lambda _: own)
    nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"

    header = signed((DIGEST.format(nonce=nonce),), is_secure=False)

    found = re.search(r'response="([^"]+)"', header)
    assert found is not None
    assert found[1] == "8ca523f5e9506fed4657c9700eebdbec"
