"""Raise the flags of what is new, a few log lines at a time, as the worker does."""

import time

from flask import current_app

from fieldapp.config import Config
from fieldapp.extensions import db
from fieldapp.quality.following import begin_again, follow_next

POLL_SECONDS = 2.0
SHARE_OF_REST = 10
"""Looking takes a tenth of a worker's time at most, however large the country is."""

_rest_until = 0.0


def follow_on() -> bool:
    """Work through what is next, and commit; False where nothing is new.

    Where nothing was, it is not looked again for a while.
    """
    global _rest_until  # noqa: PLW0603 - How long this process lets the logs rest.
    if time.monotonic() < _rest_until:
        return False
    began = time.monotonic()
    number = follow_once()
    took = time.monotonic() - began
    if not number:
        _rest_until = time.monotonic() + max(POLL_SECONDS, SHARE_OF_REST * took)
    return number > 0


def follow_once() -> int:
    """Work through one batch of log lines, and commit; say how many they were."""
    config: Config = current_app.config["FIELDAPP"]
    number = follow_next(config)
    if number:
        db.session.commit()
    else:
        db.session.rollback()
    return number


def derive_again() -> None:
    """Forget what was derived, so that the logs are followed from their beginning."""
    begin_again()
    db.session.commit()
