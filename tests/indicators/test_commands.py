from datetime import date

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from fieldapp.extensions import db
from fieldapp.indicators.commands import indicators_commands
from fieldapp.indicators.models import Fact, Rollup
from tests.indicators.entries import approve, make_entry, publish_weighing


def rebuild(app: Flask, *options: str) -> tuple[int, str]:
    runner = app.test_cli_runner()
    result = runner.invoke(indicators_commands, ["rebuild", *options])
    return result.exit_code, result.output


def test_rebuild_says_that_everything_was_equal(app: Flask) -> None:
    approve(make_entry(publish_weighing(), sacks=[("a", "5", "2")]))
    db.session.commit()

    code, output = rebuild(app)

    assert code == 0
    assert "1 approved entries, 9 facts" in output
    assert "EQUAL: the report was exactly what the revisions say" in output


def test_rebuild_repairs_and_says_what_was_wrong(app: Flask) -> None:
    approve(make_entry(publish_weighing(), sacks=[("a", "5", "2")]))
    db.session.execute(update(Rollup).values(number=Rollup.number + 1))
    db.session.commit()

    first = rebuild(app)
    second = rebuild(app)

    assert "NOT EQUAL" in first[1]
    assert "should not have been there" in first[1]
    assert second[1].count(": equal") == 4


def test_check_changes_nothing_and_fails_where_not_equal(app: Flask) -> None:
    approve(make_entry(publish_weighing(), sacks=[("a", "5", "2")]))
    db.session.execute(delete(Rollup))
    db.session.commit()

    code, output = rebuild(app, "--check")

    assert code == 1
    assert "not equal; nothing was changed" in output
    assert db.session.scalars(select(Rollup)).all() == []


@pytest.mark.usefixtures("app")
def test_fact_without_a_date_belongs_to_the_day_that_the_entry_was_made() -> None:
    entry = make_entry(publish_weighing(), visited_on="", sacks=[("a", "5", "2")])
    entry.captured_on = date(2026, 3, 4)

    approve(entry)

    assert set(db.session.scalars(select(Fact.occurred_on))) == {date(2026, 3, 4)}
