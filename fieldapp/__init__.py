"""Fieldapp: the server behind a village programme."""

from datetime import timedelta

import orjson
from flask import Flask

from fieldapp import openapi
from fieldapp.config import Config, from_env
from fieldapp.entities.registers import is_register_list, keep_registers
from fieldapp.extensions import EXPORTS, READS, api, db, jwt, migrate
from fieldapp.forms.checking import (
    register_check,
    register_list_maker,
    register_publish_check,
)
from fieldapp.forms.publishing import register_publish_step
from fieldapp.indicators.checking import check_indicators
from fieldapp.indicators.linting import check_sheet
from fieldapp.web import observability, problems
from fieldapp.web.stateless import NoSession

ENGINE_OPTIONS = {
    "pool_size": 20,
    "max_overflow": 20,
    "hide_parameters": True,  # They are people's answers, and errors are logged.
    "json_serializer": lambda value: orjson.dumps(value).decode(),
    "json_deserializer": orjson.loads,
}
EXPORT_OPTIONS = {
    **ENGINE_OPTIONS,
    "pool_size": 4,
    "max_overflow": 0,
    "pool_timeout": 3,
    "isolation_level": "REPEATABLE READ",
    "connect_args": {
        "options": "-c default_transaction_read_only=on "
        "-c idle_in_transaction_session_timeout=120s"
    },
}


def create_app(config: Config | None = None) -> Flask:
    """Build the application: settings, extensions, problems, blueprints, commands."""
    config = config or from_env()
    app = Flask(__name__, static_folder=None)
    app.session_interface = NoSession()
    app.config.from_mapping(
        FIELDAPP=config,
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.with_driver(),
        SQLALCHEMY_ENGINE_OPTIONS=ENGINE_OPTIONS,
        SQLALCHEMY_BINDS={
            READS: {
                **ENGINE_OPTIONS,
                "url": config.with_driver(),
                "isolation_level": "AUTOCOMMIT",
            },
            EXPORTS: {**EXPORT_OPTIONS, "url": config.with_driver()},
        },
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(minutes=15),
        JWT_REFRESH_TOKEN_EXPIRES=timedelta(days=90),
        **openapi.SETTINGS,
    )
    register_check(check_sheet)
    register_publish_check(check_indicators)
    register_list_maker(is_register_list)
    register_publish_step(keep_registers)
    db.init_app(app)
    migrate.init_app(app, db)
    jwt.init_app(app)
    api.init_app(app)
    problems.install(app)
    observability.install(app)
    openapi.register(app)
    return app
