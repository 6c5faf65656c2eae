"""Where a webhook may send: out into the internet, or where the operator allows.

Who sets up a webhook chooses an address that *this server* connects to. Inside the
server's own network that could be a database, a printer, or the place where a cloud
gives out passwords. So every address that a name stands for must be a public one.
A name can stand for another address a moment later: what connects uses the very
addresses that were checked, and checks them each time.
"""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import (
    IPv4Address,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from fieldapp.config import AllowedTargets

MAX_URL_LENGTH = 2000
PRINTABLE = re.compile(r"[\x21-\x7e]+", re.ASCII)
HTTP_PORT, HTTPS_PORT = 80, 443

UNICAST = IPv6Network("2000::/3")
"""All that is given out of IPv6; translated and mapped IPv4 lies outside."""

SPECIAL = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # Protocols.
        "192.88.99.0/24",  # Relays from IPv6 to IPv4.
        "2001::/23",  # Protocols, and Teredo, which carries an IPv4 address inside.
        "2001:db8::/32",  # Documentation.
        "2002::/16",  # 6to4, which carries an IPv4 address inside.
        "3fff::/20",  # Documentation.
    )
)
"""What Python's list of special networks lacks in one release or another."""

Address = IPv4Address | IPv6Address


class Refusal(StrEnum):
    """Why a target is refused."""

    MALFORMED = "malformed"
    NOT_HTTPS = "not-https"
    UNKNOWN_HOST = "unknown-host"
    PRIVATE = "private"


class TargetRefusedError(Exception):
    """A target that may not be connected to."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True)
class Target:
    """A web address, taken apart."""

    is_secure: bool
    host: str
    """In lower case and ASCII, without brackets."""
    port: int
    authority: str
    """Host and port as the header ``Host`` has them."""
    path: str
    """With the query."""


def parse_target(url: str) -> Target:
    """Take a web address apart.

    :raises TargetRefusedError: if it is none, or one with a password in it.
    """
    if len(url) > MAX_URL_LENGTH or not PRINTABLE.fullmatch(url):
        raise TargetRefusedError(Refusal.MALFORMED)
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise TargetRefusedError(Refusal.MALFORMED) from error
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        raise TargetRefusedError(Refusal.MALFORMED)
    if "@" in parts.netloc or parts.fragment or "\\" in url:
        raise TargetRefusedError(Refusal.MALFORMED)
    is_secure = parts.scheme == "https"
    path = parts.path or "/"
    return Target(
        is_secure=is_secure,
        host=host,
        port=port or (HTTPS_PORT if is_secure else HTTP_PORT),
        authority=parts.netloc.lower(),
        path=f"{path}?{parts.query}" if parts.query else path,
    )


def checked_addresses(target: Target, allowed: AllowedTargets) -> Sequence[str]:
    """Look a target's host up, and give its addresses once all are checked.

    :raises TargetRefusedError: if one of them may not be connected to.
    """
    is_named = target.host in allowed.hosts
    addresses = _look_up(target)
    if not target.is_secure and not (
        is_named or all(_is_allowed(each, allowed) for each in addresses)
    ):
        raise TargetRefusedError(Refusal.NOT_HTTPS)
    for address in addresses:
        if not (is_named or is_public(address) or _is_allowed(address, allowed)):
            raise TargetRefusedError(Refusal.PRIVATE)
    return [str(address) for address in addresses]


def is_public(address: Address) -> bool:
    """Say whether an address is somebody's in the internet, and not a special one."""
    if any(
        address in network for network in SPECIAL if network.version == address.version
    ):
        return False
    if isinstance(address, IPv6Address) and address not in UNICAST:
        return False
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
    )


def _is_allowed(address: Address, allowed: AllowedTargets) -> bool:
    return any(
        address in network
        for network in allowed.networks
        if network.version == address.version
    )


def _look_up(target: Target) -> list[Address]:
    """Ask for all addresses of a host; odd spellings of one are read as it is."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        return [ip_address(str(each[4][0])) for each in found]
    except (OSError, ValueError) as error:
        # A name that is not to be found, too long, or an address with a zone.
        raise TargetRefusedError(Refusal.UNKNOWN_HOST) from error
