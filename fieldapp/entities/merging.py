"""Which version of an entity a change was made on, and what it comes to: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from fieldapp.entities.declarations import LABEL
from fieldapp.entities.reading import Values


class Version(Protocol):
    """A version of an entity, as far as its place in a chain goes."""

    @property
    def number(self) -> int:
        """Count from 1 on."""

    @property
    def is_standing(self) -> bool:
        """Tell whether it comes from an entry that is approved."""

    @property
    def is_creation(self) -> bool:
        """Tell whether the entity began with it."""

    @property
    def branch_id(self) -> str:
        """Name the chain that it was made in."""

    @property
    def base_version(self) -> int | None:
        """Give the version that its phone counted on from."""


class Claim(Protocol):
    """What a change says about the version that it was made on."""

    @property
    def base_version(self) -> int | None:
        """Give the number that the phone gave to what it saw."""

    @property
    def trunk_version(self) -> int | None:
        """Give the server's version that the chain began at, if any."""

    @property
    def branch_id(self) -> str:
        """Name the chain; empty where there is none."""


@dataclass(frozen=True)
class Merge:
    """What is left of a change when what it did not touch is taken away."""

    changed: dict[str, str]
    clashes: tuple[str, ...]
    """What somebody else has changed since, to something else."""


def is_in_branch(claim: Claim) -> bool:
    """Say whether a change was made on another change of the same phone."""
    return bool(claim.branch_id) and claim.base_version != claim.trunk_version


V = TypeVar("V", bound=Version)


def find_base(claim: Claim, versions: Sequence[V]) -> V | None:
    """Find the version that the phone saw; None while it is not there.

    A phone counts its own changes on: in a branch the number is the phone's, and the
    base is what its change before came to, or the entity as it created it.
    """
    if claim.base_version is None:
        return None
    if not is_in_branch(claim):
        number = claim.base_version
        return next((each for each in versions if each.number == number), None)
    standing = [each for each in versions if each.is_standing]
    if claim.trunk_version is None and claim.base_version == 1:
        return next((each for each in standing if each.is_creation), None)
    return next(
        (
            each
            for each in standing
            if each.branch_id == claim.branch_id
            and each.base_version == claim.base_version - 1
        ),
        None,
    )


def merge(sent: Values, *, base: Values, current: Values) -> Merge:
    """Compare what came with what the phone saw and with what stands now.

    Forms send all that they show, so a value that is as the phone saw it is no change.
    An empty label leaves the label, as in Collect.
    """
    changed = {
        name: value
        for name, value in sent.items()
        if value != base.get(name, "") and (value or name != LABEL)
    }
    clashes = [
        name
        for name, value in changed.items()
        if current.get(name, "") not in (base.get(name, ""), value)
    ]
    return Merge(changed, tuple(sorted(clashes)))
