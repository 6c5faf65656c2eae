from contextlib import ExitStack

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fieldapp.exporting import rows
from fieldapp.exporting.asking import Granted, Wanted, grant
from fieldapp.exporting.problems import TooManyExports
from fieldapp.extensions import EXPORTS, db
from fieldapp.identity.permissions import Role
from tests.exporting.plots import FORM_ID, plot_xml, publish_plots, send
from tests.factories import actor_of, make_person

PLACES = 4


@pytest.fixture
def granted(committed_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Granted:
    assert committed_app
    publish_plots()
    for number in range(3):
        send(plot_xml(f"uuid:{number}"))
    monkeypatch.setattr(db.engines[EXPORTS].pool, "_timeout", 0.2)
    return grant(actor_of(make_person(Role.COORDINATOR)), Wanted(FORM_ID))


def test_what_comes_while_an_export_is_read_is_not_in_it(granted: Granted) -> None:
    with rows.snapshot(granted) as found:
        entries = found.entries()
        first = next(entries)
        send(plot_xml("uuid:late"))
        rest = [entry.facts[1] for entry in entries]

    assert (first.facts[1], rest) == ("uuid:0", ["uuid:1", "uuid:2"])


def test_no_more_are_read_at_once_than_there_are_places(granted: Granted) -> None:
    with ExitStack() as held:
        for _ in range(PLACES):
            held.enter_context(rows.snapshot(granted))
        with pytest.raises(TooManyExports):
            held.enter_context(rows.snapshot(granted))

    with rows.snapshot(granted) as found:
        assert found.total == 3


def test_a_reader_who_takes_nothing_gives_up_the_place(
    granted: Granted, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as held:
        found = [held.enter_context(rows.snapshot(granted)) for _ in range(PLACES)]
        monkeypatch.setattr(rows, "STALLED_SECONDS", -1)

        with rows.snapshot(granted) as another:
            assert len(list(another.entries())) == 3

        with pytest.raises(Exception, match=r"closed|invalid"):
            list(found[0].entries())


def test_a_session_that_postgresql_ended_harms_nobody_else(granted: Granted) -> None:
    with rows.snapshot(granted) as found:
        next(found.entries())
        db.session.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where state = 'idle in transaction' and pid <> pg_backend_pid() "
                "and datname = current_database()"
            )
        )
        db.session.commit()
        with pytest.raises(DBAPIError):
            found.position_of("uuid:1")

    for _ in range(PLACES + 1):
        with rows.snapshot(granted) as again:
            assert len(list(again.entries())) == 3
