"""A village whose facilitator corrects entries in Enketo."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.config import Enketo as EnketoSettings
from tests.enketo.correcting import Corrector, make_corrector
from tests.enketo.standin import KEY, Enketo, enketo_server
from tests.village import coordinator, facilitator, village

__all__ = ["coordinator", "facilitator", "village"]


@pytest.fixture
def enketo(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Enketo]:
    """An Enketo that the operator has set up."""
    with enketo_server() as enketo:
        config = replace(
            app.config["FIELDAPP"],
            data_dir=tmp_path,
            enketo=EnketoSettings(enketo.url, KEY),
        )
        monkeypatch.setitem(app.config, "FIELDAPP", config)
        yield enketo


@pytest.fixture
def siti(client: FlaskClient, village: str, enketo: Enketo) -> Corrector:
    """A facilitator who has sent an entry with a photo."""
    assert village
    return make_corrector(client, enketo)
