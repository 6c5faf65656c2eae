import socket
from ipaddress import ip_address, ip_network

import pytest

from fieldapp.config import AllowedTargets, ConfigError, from_env
from fieldapp.notices.targets import (
    Refusal,
    TargetRefusedError,
    checked_addresses,
    is_public,
    parse_target,
)

NONE = AllowedTargets()
INSIDE = AllowedTargets(frozenset({"erp.dalam"}), (ip_network("10.20.0.0/16"),))

PRIVATE = (
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - Nothing is bound to it.
    "0.1.2.3",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001:0:7f00:1::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
)
PUBLIC = ("8.8.8.8", "93.184.215.14", "103.10.20.30", "2606:4700::1111", "2400::1")

MALFORMED = (
    "",
    "https://",
    "https:///kait",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org:6379/_x",
    "//example.org/",
    "example.org/kait",
    "https://user:secret@example.org/",
    "https://example.org@127.0.0.1/",
    "https://example.org/#x",
    "https://example.org/a b",
    "https://example.org/\r\nX-Evil: 1",
    "https://example.org:0/",
    "https://example.org:99999/",
    "https://example.org:x/",
    "https://[::1/",
    "https://exämple.org/",
    "https://example.org\\@127.0.0.1/",
    "https://example.org/" + "x" * 2000,
)


def refusal_of(url: str, allowed: AllowedTargets = NONE) -> Refusal | None:
    try:
        checked_addresses(parse_target(url), allowed)
    except TargetRefusedError as error:
        return error.refusal
    return None


def answer_with(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def look_up(_host: str, port: int, **_: object) -> list[object]:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize("address", PRIVATE)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_other_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    assert refusal_of(url) is Refusal.MALFORMED


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "10.20.0.1",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "localhost",
    ],
)
def test_addresses_in_odd_spellings_are_refused_for_what_they_are(host: str) -> None:
    assert refusal_of(f"https://{host}/kait") is Refusal.PRIVATE


def test_a_name_with_one_private_address_is_refused_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer_with(monkeypatch, "8.8.8.8", "10.0.0.1")

    assert refusal_of("https://example.org/") is Refusal.PRIVATE


def test_a_name_that_is_not_to_be_found_is_told_apart() -> None:
    assert refusal_of("https://tidak-ada.invalid/") is Refusal.UNKNOWN_HOST


def test_a_public_target_is_taken_with_https_alone() -> None:
    assert refusal_of("https://8.8.8.8/kait") is None
    assert refusal_of("http://8.8.8.8/kait") is Refusal.NOT_HTTPS


def test_the_operator_allows_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal_of("http://10.20.3.4/kait", INSIDE) is None
    assert refusal_of("https://10.21.3.4/kait", INSIDE) is Refusal.PRIVATE

    answer_with(monkeypatch, "10.20.3.4", "10.21.0.1")
    assert refusal_of("https://example.org/", INSIDE) is Refusal.PRIVATE
    assert refusal_of("http://example.org/", INSIDE) is Refusal.NOT_HTTPS


def test_the_operator_allows_names(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, "192.168.7.7")

    assert refusal_of("http://erp.dalam:8080/kait", INSIDE) is None
    assert refusal_of("https://ERP.dalam/kait", INSIDE) is None
    assert refusal_of("https://erp.dalam.evil.example/kait", INSIDE) is Refusal.PRIVATE


def test_the_setting_is_read_and_mistakes_in_it_are_told() -> None:
    base = {"DATABASE_URL": "postgresql://x/y", "FIELDAPP_SECRET_KEY": "s" * 40}
    name = "FIELDAPP_WEBHOOK_ALLOWED_HOSTS"

    config = from_env({**base, name: "ERP.dalam, 10.20.0.0/16 ::1"})
    assert config.webhook_allowed.hosts == {"erp.dalam"}
    assert config.webhook_allowed.networks == (
        ip_network("10.20.0.0/16"),
        ip_network("::1"),
    )
    assert from_env(base).webhook_allowed == NONE
    for wrong in ("10.20.0.1/16", "10.20.0", "http://erp.dalam", "*.dalam"):
        with pytest.raises(ConfigError, match=name):
            from_env({**base, name: wrong})
