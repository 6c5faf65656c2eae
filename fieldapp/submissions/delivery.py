"""What a door hands to the intake, and what the intake answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from fieldapp.identity.permissions import Actor
from fieldapp.submissions.models import HeldReason
from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


@dataclass(frozen=True)
class ReceivedFile:
    """A file that came along and lies in the store already."""

    name: str
    digest: bytes
    """SHA-256 of its content."""
    size: int
    media_type: str


@dataclass(frozen=True)
class Delivery:
    """One instance as it came through a door."""

    actor: Actor
    xml: bytes
    files: tuple[ReceivedFile, ...]
    door: str
    client: str
    received_at: datetime


class OutcomeStatus(StrEnum):
    """What became of a delivery (design.md, section 5)."""

    CREATED = "created"
    DUPLICATE = "duplicate"
    REVISED = "revised"
    HELD = "held"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """The intake's answer for one delivery; all but ``REFUSED`` is on disk."""

    status: OutcomeStatus
    message: Text
    instance_id: str | None = None
    held_reason: HeldReason | None = None
    problem: Problem | None = None
    violations: tuple[dict[str, Any], ...] = ()
    warnings: tuple[dict[str, Any], ...] = ()
    missing_files: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
