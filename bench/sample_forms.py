"""Forms of 20, 60 and 300 questions, with what real forms have, to measure by.

A line of a table is ``type | name | answers | required | relevant | constraint |
calculation | choice_filter | warn``; ``#`` becomes the number of the section. What
``answers`` means stands in ``sample_entries.py``.
"""

from dataclasses import dataclass

from fieldapp.xform.xlsform import compile_xlsform

OPENING = """
start | start
end | end
today | today
deviceid | deviceid
begin group | visit
select_one regency | regency | choice | yes
select_one district | district | choice regency | yes | | | | regency = ${regency}
select_one village | village | choice district | yes | | | | district = ${district}
date | visited_on | 2024-03-25..2024-06-28 | yes | | . <= ${today} and . >= date('2020-01-01') | | | ${today} - . <= 90
text | officer | AB1234 | yes | | regex(., '^[A-Z]{2}[0-9]{4}$')
select_one yesno | consent | yes | yes
end group
begin group | farmer | | | ${consent} = 'yes'
text | name | words | yes | | string-length(.) <= 80
select_one sex | sex | choice | yes
date | born | 1950-01-01..2004-12-31 | yes | | . < ${visited_on}
calculate | age | | | | | int((${visited_on} - ${born}) div 365.25)
select_one school | school | choice | | ${age} >= 7
select_multiple living | living | choices | yes | | not(selected(., 'none') and count-selected(.) > 1)
text | living_other | words | yes | selected(${living}, 'other')
end group
begin repeat | crop | 1..4 | | ${consent} = 'yes'
select_one crop | kind | choice | yes
calculate | units | | | | | instance('crop')/root/item[name = ${kind}]/units
select_one variety | variety | choice kind | yes | | | | kind = ${kind}
select_one unit | unit | units | yes | | | | selected(${units}, name)
decimal | area | 1..55/10 | yes | | . > 0 and . <= 100 | | | . <= 5
decimal | harvest | 100..9000/10 | yes | | . >= 0 and . <= 1000000
decimal | sold | 0..90/10 | yes | | . >= 0 and . <= ${harvest}
integer | price | 1000..90000 | yes | ${sold} > 0 | . >= 500 and . <= 1000000
calculate | value | | | | | if(${sold} > 0 and ${price} != '', round(${sold} * ${price}), 0)
end repeat
calculate | total_value | | | | | sum(${value})
calculate | total_area | | | | | round(sum(${area}) * 100) div 100
calculate | crops | | | | | count(${crop})
geopoint | location | point | | ${consent} = 'yes' | selected-at(., 0) >= -11.2 and selected-at(., 0) <= 6.3 and selected-at(., 3) <= 50
"""

MEMBERS = """
begin repeat | member | 1..7
text | called | words | yes
select_one sex | member_sex | choice | yes
date | member_born | 1940-01-01..2023-12-31 | yes | | . <= ${visited_on}
calculate | member_age | | | | | int((${visited_on} - ${member_born}) div 365.25)
calculate | child | | | | | if(${member_age} < 15, 1, 0)
select_one relation | relation | choice | yes | | . != 'spouse' or ${member_age} >= 16 or position(..) > 1
integer | classes | 0..6 | | ${member_age} >= 7 | . >= 0 and . <= 20 and . <= ${member_age}
select_one yesno | earns | choice | yes | ${member_age} >= 15
decimal | income | 0..900000/10 | yes | ${earns} = 'yes' | . >= 0
select_multiple illness | illness | choices | yes | | not(selected(., 'none') and count-selected(.) > 1)
end repeat
calculate | children | | | | | sum(${child})
calculate | eldest | | | | | max(${member_age})
calculate | everyone | | | | | join(', ', ${called})
"""

WATER = """
begin group | water_# | | | ${consent} = 'yes'
select_one yesno | uses_# | choice | yes
select_one source | source_# | choice | yes | ${uses_#} = 'yes'
text | source_other_# | words | yes | ${source_#} = 'other'
integer | minutes_# | 0..65 | yes | ${uses_#} = 'yes' | . >= 0 and . <= 600 | | | . <= 60
integer | litres_# | 20..400 | yes | ${uses_#} = 'yes' | . > 0 and . <= 5000
decimal | cost_# | 0..2000/10 | | ${uses_#} = 'yes' | . >= 0
select_multiple problem | problems_# | choices | yes | | not(selected(., 'none') and count-selected(.) > 1)
date | since_# | 2010-01-01..2023-12-31 | | ${uses_#} = 'yes' | . <= ${visited_on}
select_one rating | rating_# | choice | yes
text | remark_# | words | | ${rating_#} < 3 | string-length(.) <= 200
calculate | each_# | | | | | if(${uses_#} = 'yes', round(${litres_#} div count(${member}), 1), 0)
calculate | score_# | | | | | ${rating_#} * 2 - if(selected(${problems_#}, 'none'), 0, count-selected(${problems_#}))
end group
"""

GOODS = """
begin group | goods_# | | | ${consent} = 'yes'
select_one yesno | has_# | choice | yes
begin repeat | item_# | 1..3 | | ${has_#} = 'yes'
select_one container | container_# | choice | yes
decimal | gross_# | 100..900/10 | yes | | . = round(. * 10) div 10 and . > 0 and . <= 2000
decimal | tare_# | 1..90/10 | yes | | . >= 0 and . < ${gross_#}
calculate | net_# | | | | | if(${gross_#} = '' or ${tare_#} = '', '', round((${gross_#} - ${tare_#}) * 10) div 10)
integer | paid_# | 1800..90000 | yes | | . >= 500 and . <= 1000000 | | | . >= 2000
time | hour_# | time | yes
end repeat
calculate | score_# | | | | | round(sum(${net_#}) * 10) div 10
select_one rating | grade_# | choice | yes
text | reason_# | words | yes | ${grade_#} != '3' and ${score_#} > 20
geopoint | place_# | point | | | selected-at(., 0) >= -11.2 and selected-at(., 0) <= 6.3
acknowledge | read_# | OK | yes | ${score_#} > 0
end group
"""

CLOSING = """
calculate | score | | | | | {scores}
text | remarks | words | | ${score} < 1000
image | photo | photo.jpg | | ${consent} = 'yes'
"""

LISTS = {
    "yesno": "yes no",
    "sex": "f m",
    "school": "no primary junior senior higher",
    "living": "farm fish trade craft wage other none",
    "relation": "head spouse child parent other",
    "illness": "fever cough malaria dengue other none",
    "source": "well spring river rain tap other",
    "problem": "dry dirty far dear none",
    "rating": "1 2 3 4 5",
    "container": "jerrycan bucket sack tin",
    "unit": "kg sack bunch litre",
    "crop": "rice maize coconut coffee clove cocoa",
}
LANGUAGES = ("Indonesia (id)", "English (en)")
HEADS = (
    *("type", "name", *(f"label::{each}" for each in LANGUAGES), "required"),
    *("relevant", "constraint", *(f"constraint_message::{e}" for e in LANGUAGES)),
    *("calculation", "choice_filter", "bind::fieldapp:warn", "bind::fieldapp:role"),
)
UNITS = ("kg sack", "kg sack", "bunch litre", "kg", "kg", "kg sack")


@dataclass(frozen=True)
class Question:
    """A line of a table."""

    kind: str
    name: str = ""
    answers: str = ""
    required: str = ""
    relevant: str = ""
    constraint: str = ""
    calculation: str = ""
    choice_filter: str = ""
    warn: str = ""

    @property
    def list_name(self) -> str:
        """Name the list of a selection."""
        return self.kind.partition(" ")[2]


@dataclass(frozen=True)
class Form:
    """A form to measure by: its lines, the rows of its lists, and its XForm."""

    name: str
    questions: tuple[Question, ...]
    choices: dict[str, list[dict[str, str]]]
    xml: bytes


def make_forms() -> list[Form]:
    """Make the forms of 20, 60 and 300 questions."""
    return [
        make_form("20 questions", OPENING),
        make_form("60 questions", OPENING + MEMBERS + sections(3)),
        make_form("300 questions", OPENING + MEMBERS + sections(27)),
    ]


def sections(count: int) -> str:
    """Give so many sections of ten questions, and what ends such a form."""
    tables = [
        (WATER if number % 2 else GOODS).replace("#", str(number))
        for number in range(1, count + 1)
    ]
    scores = " + ".join(f"${{score_{number}}}" for number in range(1, count + 1))
    return "".join(tables) + CLOSING.replace("{scores}", scores)


def make_form(name: str, table: str, *, villages: int = 480) -> Form:
    """Compile a form from its table, with a list of so many villages."""
    questions = tuple(
        Question(*(cell.strip() for cell in line.split("|")))
        for line in table.splitlines()
        if line
    )
    choices = _choices(villages)
    markdown = _markdown(name, questions, choices)
    xml = compile_xlsform(markdown.encode(), filename=f"{name}.md").xml
    return Form(name, questions, choices, xml)


def _choices(villages: int) -> dict[str, list[dict[str, str]]]:
    rows = {
        name: [{"name": value} for value in values.split()]
        for name, values in LISTS.items()
    }
    for row, units in zip(rows["crop"], UNITS, strict=True):
        row["units"] = units
    rows["variety"] = [
        {"name": f"{crop['name']}_{number}", "kind": crop["name"]}
        for crop in rows["crop"]
        for number in range(4)
    ]
    rows["regency"] = [{"name": f"r{number}"} for number in range(6)]
    rows["district"] = [
        {"name": f"d{number}", "regency": f"r{number % 6}"} for number in range(48)
    ]
    rows["village"] = [
        {"name": f"v{number}", "district": f"d{number % 48}"}
        for number in range(villages)
    ]
    return rows


def _markdown(
    name: str,
    questions: tuple[Question, ...],
    choices: dict[str, list[dict[str, str]]],
) -> str:
    survey = [list(HEADS)]
    survey += [_survey_row(each) for each in questions]
    columns = ("name", "regency", "district", "kind", "units")
    rows = [["list_name", *(f"label::{each}" for each in LANGUAGES), *columns]]
    rows += [
        [list_name, *[f"{row['name']} ({language})" for language in ("id", "en")]]
        + [row.get(column, "") for column in columns]
        for list_name, of_list in choices.items()
        for row in of_list
    ]
    form_id = name.replace(" ", "_")
    settings = [
        ["form_id", "version", "default_language"],
        [form_id, "1", LANGUAGES[0]],
    ]
    return (
        _sheet("survey", survey)
        + _sheet("choices", rows)
        + _sheet("settings", settings)
    )


def _survey_row(question: Question) -> list[str]:
    is_shown = question.kind not in {"calculate", "end group", "end repeat"}
    labels = [f"{question.name} {language}" * is_shown for language in ("id", "en")]
    messages = ["Tidak sesuai.", "Not so."] if question.constraint else ["", ""]
    return [
        question.kind,
        question.name,
        *labels,
        question.required,
        question.relevant,
        question.constraint,
        *messages,
        question.calculation,
        question.choice_filter,
        question.warn,
        "village" if question.name == "village" else "",
    ]


def _sheet(name: str, rows: list[list[str]]) -> str:
    lines = [f"| {name} |", *(f"| | {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"
