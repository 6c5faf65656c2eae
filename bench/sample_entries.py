"""Entries of the sample forms: varied, most of them clean, some that break rules.

What ``answers`` says of a question: ``choice`` (of its list; with a word after it, of
the rows whose column of that name has that question's answer), ``choices``,
``units`` (of the crop), ``1..9``, ``1..9/10`` (tenths), ``2024-01-01..2024-12-31``,
``words``, ``point``, ``time``; anything else is the answer itself.
"""

import random
from datetime import UTC, date, datetime, timedelta
from xml.sax.saxutils import escape

from bench.sample_forms import Form, Question
from fieldapp.submissions.judging import judge
from fieldapp.xform.calculation import text_of_value
from fieldapp.xform.definition import FormDefinition, NodeDefinition
from fieldapp.xform.instance import read_instance
from fieldapp.xform.node import Node

WORDS = ("Sari", "Budi", "kopi", "baik,", "sekali –", "<2 ha", "& lebih", "dekat")
MADE = {
    "start": "2024-06-29T08:00:00.000+07:00",
    "end": "2024-06-29T08:40:00.000+07:00",
    "today": "2024-06-29",
    "deviceid": "collect:b3nch",
}
BROKEN = ("", "", "-7", "99999999", "2031-01-01", "x", "1 2 3 4 5")
BROKEN_CHOICES = ("", "", "", "", "nowhere")
ROUGH_SHARE = 0.35


class EntryMaker:
    """Makes the entries of one form; the same seed gives the same entries."""

    def __init__(self, form: Form, definition: FormDefinition, seed: int) -> None:
        self.questions = {each.name: each for each in form.questions}
        self.choices = form.choices
        self.definition = definition
        self.chance = random.Random(seed)
        self.answers: dict[str, str] = {}
        self.broken_share = 0.0

    def make(self) -> bytes:
        """Make one entry, as a phone would send it after it worked it out."""
        is_rough = self.chance.random() < ROUGH_SHARE
        self.broken_share = 2.5 / len(self.questions) if is_rough else 0.0
        self.answers = {}
        filled = self._element(self.definition.root)
        return self._settled(filled)

    def _settled(self, xml: str) -> bytes:
        """Put the calculated values in, and leave out what does not apply."""
        judgement = judge(
            self.definition, read_instance(xml.encode()), received_at=datetime.now(UTC)
        )
        return _written(judgement.root).encode()

    def _element(self, definition: NodeDefinition) -> str:
        name = definition.name
        if name == "instanceID":
            text = f"uuid:{random.Random(self.chance.random()).getrandbits(128):032x}"
            return f"<{name}>{text}</{name}>"
        if definition.children:
            inner = "".join(
                self._element(child)
                for child in definition.children
                for _ in range(self._count(child))
            )
        else:
            inner = escape(self._answer(name))
        head = name
        if definition is self.definition.root:
            head += f' id="{self.definition.form_id}" version="1"'
        return f"<{head}>{inner}</{name}>"

    def _count(self, definition: NodeDefinition) -> int:
        if definition.repeat is None:
            return 1
        first, _, last = self.questions[definition.name].answers.partition("..")
        return self.chance.randint(int(first), int(last))

    def _answer(self, name: str) -> str:
        question = self.questions.get(name)
        if name in MADE or question is None or question.calculation:
            return MADE.get(name, "")
        if self.chance.random() < self.broken_share:
            is_list = question.kind.startswith("select")
            answer = self.chance.choice(BROKEN_CHOICES if is_list else BROKEN)
        elif not question.required and self.chance.random() < 0.2:
            answer = ""
        else:
            answer = self._usual(question)
        self.answers[name] = answer
        return answer

    def _usual(self, question: Question) -> str:
        spec, chance = question.answers, self.chance
        if spec == "choices":
            names = [row["name"] for row in self.choices[question.list_name]]
            only = [name for name in names if name != "none"]
            is_none = "none" in names and chance.random() < 0.3
            return "none" if is_none else " ".join(chance.sample(only, 2))
        if spec == "units":
            kinds = [
                r for r in self.choices["crop"] if r["name"] == self.answers["kind"]
            ]
            return chance.choice(kinds[0]["units"].split()) if kinds else ""
        if spec.startswith("choice"):
            return self._choice(question, spec.partition(" ")[2])
        if ".." in spec:
            return self._between(*spec.split(".."))
        return self._free(spec)

    def _choice(self, question: Question, column: str) -> str:
        rows = self.choices[question.list_name]
        fitting = [
            row["name"]
            for row in rows
            if not column or row[column] == self.answers[column]
        ]
        return self.chance.choice(fitting) if fitting else ""

    def _between(self, first: str, last: str) -> str:
        if "-" in first:
            start = date.fromisoformat(first)
            days = (date.fromisoformat(last) - start).days
            return (start + timedelta(days=self.chance.randint(0, days))).isoformat()
        last, _, parts = last.partition("/")
        number = self.chance.randint(int(first), int(last))
        return str(number / int(parts)) if parts else str(number)

    def _free(self, spec: str) -> str:
        chance = self.chance
        if spec == "words":
            return " ".join(chance.choices(WORDS, k=chance.randint(1, 4)))
        if spec == "point":
            return (
                f"{chance.uniform(-8, -6):.6f} {chance.uniform(106, 112):.6f} 74.3 4.8"
            )
        if spec == "time":
            return f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:00.000+07:00"
        return spec


def _written(node: Node) -> str:
    if not node.is_relevant:
        return ""
    definition = node.definition
    if not isinstance(definition, NodeDefinition):
        raise TypeError("the node is not of a form")
    inner = "".join(map(_written, node.children))
    if not node.children:
        is_made = definition.bind.calculate is not None
        value = text_of_value(node.value, definition.bind.type)
        inner = escape(value if is_made else node.text)
    given = "".join(f' {key}="{value}"' for key, value in node.attributes.items())
    return f"<{node.name}{given}>{inner}</{node.name}>"
