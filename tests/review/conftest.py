"""The village whose entries are reviewed."""

from tests.village import coordinator, facilitator, village

__all__ = ["coordinator", "facilitator", "village"]
