"""Forms and entries to begin with: those that we ship, and made ones."""

import json
import random
from functools import cache
from pathlib import Path

from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import compile_xlsform
from tests.xform.instances import InstanceMaker
from tests.xform.random_forms import FormMaker

ROOT = Path(__file__).parents[3]
VERDICTS = Path(__file__).parents[1] / "javarosa_verdicts.json"
VILLAGES = b"name,label,district\n33.02.16.2007,Semedo,x\n33.02.16.2008,Lain,y\n"


def sheets() -> list[bytes]:
    """Give the spreadsheets that we ship."""
    return [path.read_bytes() for path in sorted((ROOT / "forms").glob("*.md"))]


@cache
def seed_forms() -> list[bytes]:
    """Give XForms: compiled spreadsheets, recorded ones, random ones."""
    compiled = [compile_xlsform(sheet, filename="f.md").xml for sheet in sheets()]
    recorded = json.loads(VERDICTS.read_text(encoding="utf-8"))["forms"]
    made = [
        FormMaker(random.Random(seed)).make(4).encode()  # noqa: S311 - Repeatable.
        for seed in range(30)
    ]
    return [*compiled, *(each["form"].encode() for each in recorded), *made]


@cache
def real_forms() -> dict[str, FormDefinition]:
    """Give the forms that entries are tried on, by name."""
    forms = seed_forms()
    chosen = [*forms[:12], *forms[-8:]]
    media = {"villages.csv": VILLAGES}
    return {f"form-{at}": parse_form(xml, media=media) for at, xml in enumerate(chosen)}


def seed_instances() -> list[bytes]:
    """Give random entries of each form, from clean to rough."""
    chance = random.Random(1)  # noqa: S311 - It must be repeatable, not secret.
    return [
        f"{name}\n{InstanceMaker(form, chance).make(roughness)}".encode()
        for name, form in real_forms().items()
        for roughness in (0.0, 0.3, 1.0)
    ]
