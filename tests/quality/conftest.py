"""The village whose entries are looked at for what is odd."""

from tests.village import coordinator, facilitator, village

__all__ = ["coordinator", "facilitator", "village"]
