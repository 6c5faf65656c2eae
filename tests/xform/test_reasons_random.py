"""Whatever a form demands, a broken rule is told in words and without a path."""

import random
from xml.sax.saxutils import escape

import pytest

from fieldapp.xform.definition import FormDefinition
from tests.xform.small_forms import judge, make_form

FORMS = 60
TERMS = (
    *("/data/a", "/data/b", "/data/s", "/data/m", "/data/d", "/data/r/n", ".", "../x"),
    *("/data/r", "/data/gone", "/data/p", "5", "-3", "0.5", "'x'", "''", "'r b'"),
    *("today()", "now()", "position(..)", "true()"),
)
FUNCTIONS = (
    *("count", "sum", "string-length", "count-selected", "number", "int", "round"),
    *("string", "date", "boolean", "not"),
)
ANSWERS = (
    "<a>3</a><b>teks</b><s>r</s><m>r b</m><d>2026-08-02</d><p>1 2 3 4</p>"
    "<x>12345.5</x><r><n>1</n></r><r><n>7</n></r>"
)
LIST = (
    "<item><label>Merah</label><value>r</value></item>"
    "<item><label>Biru</label><value>b</value></item>"
)


def term(dice: random.Random, depth: int) -> str:
    inner = [term(dice, depth - 1) for _ in range(2)] if depth else []
    forms = [dice.choice(TERMS)]
    if inner:
        forms += [
            f"{dice.choice(FUNCTIONS)}({inner[0]})",
            f"{inner[0]} {dice.choice(['+', '-', '*', 'div', 'mod'])} {inner[1]}",
            f"if({condition(dice, depth - 1)}, {inner[0]}, {inner[1]})",
        ]
    return dice.choice(forms)


def condition(dice: random.Random, depth: int) -> str:
    if not depth:
        return f"{term(dice, 0)} {dice.choice(['=', '!=', '<', '>='])} {term(dice, 0)}"
    inner = [condition(dice, depth - 1) for _ in range(2)]
    terms = [term(dice, depth - 1) for _ in range(2)]
    return dice.choice(
        [
            f"{terms[0]} {dice.choice(['=', '!=', '<', '<=', '>'])} {terms[1]}",
            f"{inner[0]} and {inner[1]}",
            f"({inner[0]} or {inner[1]})",
            f"not({inner[0]})",
            f"selected({terms[0]}, 'r')",
            f"regex({terms[0]}, {dice.choice(['`[0-9]{3}`', '`[a`'])})".replace(
                "`", "'"
            ),
        ]
    )


def random_form(dice: random.Random) -> FormDefinition:
    rules = [escape(condition(dice, 3), {'"': "&quot;"}) for _ in range(3)]
    return make_form(
        "<a/><b/><s/><m/><d/><p/><x/><r><n/></r>",
        '<bind nodeset="/data/a" type="int"/><bind nodeset="/data/d" type="date"/>'
        '<bind nodeset="/data/p" type="geopoint"/><bind nodeset="/data/x" '
        f'type="decimal" constraint="{rules[0]}" fieldapp:warn="{rules[1]}"/>'
        f'<bind nodeset="/data/r/n" type="int" constraint="{rules[2]}"/>',
        '<input ref="/data/x"><label>X <output value="/data/b"/></label></input>'
        f'<select1 ref="/data/s"><label>S</label>{LIST}</select1>'
        f'<select ref="/data/m"><label>M</label>{LIST}</select>'
        '<group><label>R</label><repeat nodeset="/data/r"><input ref="/data/r/n"/>'
        "</repeat></group>",
    )


@pytest.mark.parametrize("seed", range(5))
def test_any_broken_rule_is_told_in_both_languages_and_without_a_path(
    seed: int,
) -> None:
    dice = random.Random(seed)  # noqa: S311 - It makes forms, not secrets.
    judgements = [judge(random_form(dice), ANSWERS) for _ in range(FORMS)]

    told = [each for one in judgements for each in (*one.violations, *one.warnings)]
    assert any(each.reason for each in told)
    for each in told:
        readings = [
            text for read in each.readings for text in (read.label, read.answer)
        ]
        for text in (each.label, each.message, each.answer, *readings):
            assert text["id"]
            assert text["en"]
            assert "/data" not in text["id"]
        assert "/data" not in str(each.reason)
