"""Settings, read once from the environment and then frozen."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

MEBIBYTE = 1024 * 1024
SECRET_LENGTH = 32
WEB_ADDRESS = re.compile(r"https?://[\x21-\x7e]+", re.ASCII)
HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.ASCII)
DEFAULT_SECRETS = frozenset({"secret", "changeme", "change-me", "dev", "fieldapp"})


class ConfigError(Exception):
    """Say which setting is missing or unusable, and what to do about it."""


@dataclass(frozen=True)
class AllowedTargets:
    """Where webhooks may send although it is no public place, or without TLS."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()


class MailSecurity(StrEnum):
    """How the connection to the mail server is kept from others."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


MAIL_PORTS = {MailSecurity.STARTTLS: 587, MailSecurity.TLS: 465, MailSecurity.NONE: 25}


@dataclass(frozen=True, kw_only=True)
class Mail:
    """The server that sends our mail, and what our mail is from."""

    host: str
    port: int
    security: MailSecurity
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Enketo:
    """The Enketo server that opens entries in a browser."""

    url: str
    """As browsers reach it, with its base path, without a slash at the end."""
    api_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Config:
    """Hold everything that differs between one installation and another."""

    database_url: str
    secret_key: str
    data_dir: Path
    public_url: str | None = None
    trusted_proxies: int = 0
    """How many proxies stand in front, whose X-Forwarded headers are believed."""
    announced_submission_bytes: int = 10 * MEBIBYTE
    """What phones are told (X-OpenRosa-Accept-Content-Length): they split above it."""
    max_submission_bytes: int = 40 * MEBIBYTE
    """What is really taken, well above the announced size: one file goes whole."""
    max_instance_bytes: int = 4 * MEBIBYTE
    """The XML part alone."""
    max_json_bytes: int = 16 * MEBIBYTE
    """A JSON body, after gzip is undone."""
    log_level: str = "INFO"
    webhook_allowed: AllowedTargets = AllowedTargets()
    """Hosts and networks of the operator's own that webhooks may send to."""

    mail: Mail | None = None
    """None where no digests are sent."""
    enketo: Enketo | None = None
    """None where entries are corrected on phones alone."""

    @property
    def files_dir(self) -> Path:
        """Say where attachments lie, by the SHA-256 of their content."""
        return self.data_dir / "files"

    @property
    def exports_dir(self) -> Path:
        """Say where exports lie that were made in the background, for a day."""
        return self.data_dir / "exports"

    @property
    def ledger_key_file(self) -> Path:
        """Say where the Ed25519 key that signs the logs' heads is kept."""
        return self.data_dir / "ledger-key.pem"

    def with_driver(self) -> str:
        """Give the database address as SQLAlchemy wants it, with psycopg 3."""
        _, _, rest = self.database_url.partition("://")
        return f"postgresql+psycopg://{rest}"


def from_env(environ: Mapping[str, str] = os.environ) -> Config:
    """Read the settings.

    :raises ConfigError: naming the variable that is missing or unusable.
    """
    return Config(
        database_url=_database_url(environ),
        secret_key=_secret_key(environ),
        data_dir=Path(environ.get("FIELDAPP_DATA_DIR", ".data")).resolve(),
        public_url=environ.get("FIELDAPP_PUBLIC_URL", "").rstrip("/") or None,
        trusted_proxies=_count(environ, "FIELDAPP_TRUSTED_PROXIES"),
        announced_submission_bytes=_bytes(
            environ, "FIELDAPP_ANNOUNCED_SUBMISSION_BYTES", 10 * MEBIBYTE
        ),
        max_submission_bytes=_bytes(
            environ, "FIELDAPP_MAX_SUBMISSION_BYTES", 40 * MEBIBYTE
        ),
        log_level=environ.get("FIELDAPP_LOG_LEVEL", "INFO").upper(),
        webhook_allowed=_allowed(environ, "FIELDAPP_WEBHOOK_ALLOWED_HOSTS"),
        mail=_mail(environ),
        enketo=_enketo(environ),
    )


def _required(environ: Mapping[str, str], name: str, remedy: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise ConfigError(f"{name} is not set. {remedy}")
    return value


def _database_url(environ: Mapping[str, str]) -> str:
    url = _required(
        environ,
        "DATABASE_URL",
        "Set it to postgresql://user:password@host/database, or start with "
        "`fieldapp run`, which brings its own PostgreSQL.",
    )
    if not url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        raise ConfigError("DATABASE_URL must begin with postgresql://.")
    return url


def _secret_key(environ: Mapping[str, str]) -> str:
    secret = _required(
        environ,
        "FIELDAPP_SECRET_KEY",
        "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
    )
    if secret.lower() in DEFAULT_SECRETS or len(secret) < SECRET_LENGTH:
        raise ConfigError(
            f"FIELDAPP_SECRET_KEY is a default or shorter than {SECRET_LENGTH} "
            "characters: anybody could sign in as anybody. Make a random one."
        )
    return secret


def _count(environ: Mapping[str, str], name: str) -> int:
    text = environ.get(name) or "0"
    if not text.isascii() or not text.isdigit():
        raise ConfigError(f"{name} must be a whole number.")
    return int(text)


def _bytes(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < MEBIBYTE:
        raise ConfigError(f"{name} must be a whole number of bytes, at least 1 MiB.")
    return int(text)


def _allowed(environ: Mapping[str, str], name: str) -> AllowedTargets:
    """Read names, addresses and networks, with spaces or commas between them."""
    hosts, networks = set(), []
    for word in environ.get(name, "").replace(",", " ").lower().split():
        try:
            networks.append(ip_network(word))
        except ValueError as error:
            # Digits alone, or a mistyped network, would be a name of no host.
            if not HOST_NAME.fullmatch(word) or word[-1].isdigit():
                raise ConfigError(
                    f"{name}: {word} is neither a host's name nor a network such as "
                    "10.20.0.0/16."
                ) from error
            hosts.add(word)
    return AllowedTargets(frozenset(hosts), tuple(networks))


def _mail(environ: Mapping[str, str]) -> Mail | None:
    host = environ.get("FIELDAPP_SMTP_HOST", "").strip()
    if not host:
        return None
    _required(environ, "FIELDAPP_PUBLIC_URL", "Digests link to the server.")
    sender = _required(environ, "FIELDAPP_MAIL_FROM", "Digests need a sender.")
    if "@" not in parseaddr(sender)[1]:
        raise ConfigError("FIELDAPP_MAIL_FROM must be an address: Name <a@b.org>.")
    security = _mail_security(environ)
    user = environ.get("FIELDAPP_SMTP_USER", "")
    if user and security is MailSecurity.NONE:
        raise ConfigError(
            "FIELDAPP_SMTP_SECURITY is none: the password of FIELDAPP_SMTP_USER "
            "would be sent for all to read. Use starttls or tls."
        )
    return Mail(
        host=host,
        port=_count(environ, "FIELDAPP_SMTP_PORT") or MAIL_PORTS[security],
        security=security,
        sender=sender,
        user=user,
        password=environ.get("FIELDAPP_SMTP_PASSWORD", ""),
    )


def _enketo(environ: Mapping[str, str]) -> Enketo | None:
    url = environ.get("FIELDAPP_ENKETO_URL", "").strip().rstrip("/")
    if not url:
        return None
    api_key = _required(
        environ,
        "FIELDAPP_ENKETO_API_KEY",
        "It is `linked form and data server: api key` of the Enketo server.",
    )
    if not WEB_ADDRESS.fullmatch(url) or not _has_host(url):
        raise ConfigError(
            "FIELDAPP_ENKETO_URL must be the address of the Enketo server as browsers "
            "reach it, such as https://enketo.example.org."
        )
    # A user name of Basic (RFC 7617, 2) has no colon; a header no line breaks.
    if ":" in api_key or not api_key.isascii() or not api_key.isprintable():
        raise ConfigError("FIELDAPP_ENKETO_API_KEY has a character that none may have.")
    return Enketo(url, api_key)


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_more = parts.query or parts.fragment or parts.username is not None
        return bool(parts.hostname) and parts.port != 0 and not has_more
    except ValueError:
        return False


def _mail_security(environ: Mapping[str, str]) -> MailSecurity:
    try:
        return MailSecurity(environ.get("FIELDAPP_SMTP_SECURITY") or "starttls")
    except ValueError as error:
        raise ConfigError(
            "FIELDAPP_SMTP_SECURITY must be starttls, tls or none."
        ) from error
