"""The village whose dossiers are asked for."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.dossier.village import People, fill, publish


@pytest.fixture
def people(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> People:
    """Everybody, in a village where nothing has happened yet."""
    config = replace(app.config["FIELDAPP"], data_dir=tmp_path)
    monkeypatch.setitem(app.config, "FIELDAPP", config)
    return publish()


@pytest.fixture
def busy(people: People) -> People:
    """Everybody, in a village where all has happened."""
    fill(people)
    return people
