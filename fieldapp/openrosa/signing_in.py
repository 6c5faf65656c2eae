"""Phones that sign in with a name and their device's password: Digest and Basic.

Collect answers Basic over https only, and knows of Digest MD5 and `qop=auth` alone.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIEnvironment

from werkzeug.datastructures import Authorization

from fieldapp.identity.device_passwords import (
    REALM,
    age_of_nonce,
    ha1,
    is_fresh,
    is_same,
    md5,
    new_nonce,
    password_of,
)
from fieldapp.identity.permissions import Actor
from fieldapp.identity.queries import DeviceOfName, devices_of_name
from fieldapp.openrosa.problems import (
    PhoneSignInRequired,
    WrongDevicePassword,
    WrongDeviceToken,
)
from fieldapp.web import clock

DIGEST_PARTS = ("username", "realm", "nonce", "uri", "response", "cnonce", "nc")
BASIC_PARTS = 2
SECURE = "https"


def signed_in_actor(environ: WSGIEnvironment, secret_key: str) -> Actor:
    """Read whose phone it is from the header Authorization.

    :raises PhoneSignInRequired: if there are no credentials that can be taken.
    :raises WrongDevicePassword: if they are no phone's.
    :raises WrongDeviceToken: if they are right, but the phone is revoked.
    """
    given = _credentials(environ)
    if given is None:
        raise PhoneSignInRequired
    username = given["username"]
    if "password" in given:
        device = _by_password(given, devices_of_name(username), secret_key)
    else:
        age = age_of_nonce(secret_key, given["nonce"], clock.now().timestamp())
        if age is None:
            raise PhoneSignInRequired
        device = _by_digest(given, environ, devices_of_name(username), secret_key)
        if device is not None and not is_fresh(age):
            raise PhoneSignInRequired(is_stale=True)
    if device is None:
        raise WrongDevicePassword(username)
    if not device.is_good:
        raise WrongDeviceToken
    return device.actor


def challenges(
    environ: WSGIEnvironment, secret_key: str, *, is_stale: bool
) -> list[str]:
    """Ask for credentials: Digest first, as Enketo looks at the first only.

    Basic is offered where nobody listens: Collect does not answer it elsewhere.
    """
    nonce = new_nonce(secret_key, clock.now().timestamp())
    stale = ", stale=true" if is_stale else ""
    digest = (
        f'Digest realm="{REALM}", qop="auth", algorithm=MD5, nonce="{nonce}"{stale}'
    )
    basic = f'Basic realm="{REALM}", charset="UTF-8"'
    return [digest, basic] if environ["wsgi.url_scheme"] == SECURE else [digest]


def _credentials(environ: WSGIEnvironment) -> Mapping[str, str] | None:
    """Read what can be taken: whole Digest credentials, or Basic over https."""
    given = Authorization.from_header(environ.get("HTTP_AUTHORIZATION"))
    if given is None:
        return None
    found = {name: each for name, each in given.parameters.items() if each is not None}
    if given.type == "basic":
        is_secure = environ["wsgi.url_scheme"] == SECURE
        return found if is_secure and len(found) == BASIC_PARTS else None
    is_whole = given.type == "digest" and all(map(found.__contains__, DIGEST_PARTS))
    if not is_whole or found.get("qop") != "auth" or found["realm"] != REALM:
        return None
    found.pop("password", None)
    return found if found.get("algorithm", "MD5").upper() == "MD5" else None


def _by_password(
    given: Mapping[str, str], devices: Iterable[DeviceOfName], secret_key: str
) -> DeviceOfName | None:
    return next(
        (
            device
            for device in devices
            if is_same(password_of(secret_key, device.id), given["password"])
        ),
        None,
    )


def _by_digest(
    given: Mapping[str, str],
    environ: WSGIEnvironment,
    devices: Iterable[DeviceOfName],
    secret_key: str,
) -> DeviceOfName | None:
    """Find the device whose password gives this response (RFC 7616, 3.4.1)."""
    if not _is_asked(given["uri"], environ):
        return None
    ha2 = md5(f"{environ['REQUEST_METHOD']}:{given['uri']}")
    rest = f"{given['nonce']}:{given['nc']}:{given['cnonce']}:auth:{ha2}"
    for device in devices:
        password = password_of(secret_key, device.id)
        expected = md5(f"{ha1(given['username'], password)}:{rest}")
        if is_same(expected, given["response"].lower()):
            return device
    return None


def _is_asked(uri: str, environ: WSGIEnvironment) -> bool:
    """Compare the address that was signed with the one asked for, query and all."""
    signed, _, query = uri.partition("?")
    path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
    is_path = unquote_to_bytes(signed) == path.encode("latin-1")
    return is_path and query == environ.get("QUERY_STRING", "")
