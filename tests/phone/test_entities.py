"""What a simulated phone writes of entities: what Collect does."""

import random
from datetime import UTC, datetime

from lxml import etree

from fieldapp.entities.declarations import declarations_of
from fieldapp.entities.reading import UUID_V4, actions_of
from fieldapp.phone.filling import Filler
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import compile_xlsform
from tests.entities.registering import FOLLOW_UP, REGISTRATION

ID = "5b1cbf0c-2f6e-4c51-9a3a-0f9f6a1f7d01"
LIST = f"name,label,__version,hp\n{ID},Siti,7,0812\n".encode()
AT = datetime(2026, 11, 21, 7, tzinfo=UTC)


def filled(form: FormDefinition, seed: int = 3) -> etree._Element:
    chance = random.Random(seed)  # noqa: S311 - Answers that can be made again.
    return etree.fromstring(Filler(form, chance).fill(AT).xml)


def form_of(source: str, **media: bytes) -> FormDefinition:
    xml = compile_xlsform(source.encode(), filename="form.md").xml
    return parse_form(xml, media={f"{name}.csv": each for name, each in media.items()})


def test_new_entities_get_ids_of_their_own() -> None:
    form = form_of(REGISTRATION)

    actions = actions_of(declarations_of(form), filled(form))

    assert {action.kind for action in actions} == {"create"}
    assert all(UUID_V4.fullmatch(action.entity_id) for action in actions)
    assert len({action.entity_id for action in actions}) == len(actions)


def test_change_counts_on_from_the_version_in_the_list() -> None:
    form = form_of(FOLLOW_UP, petani=LIST)

    actions = [
        action
        for seed in range(12)
        for action in actions_of(declarations_of(form), filled(form, seed))
        if action.entity_id
    ]

    assert actions
    for action in actions:
        assert (action.kind, action.entity_id) == ("update", ID)
        assert action.base_version == action.trunk_version == 7
        assert action.branch_id
