"""Random instances of a form: valid, near-valid and hostile."""

import random
from xml.sax.saxutils import escape

from fieldapp.xform.definition import FormDefinition, NodeDefinition

WORDS = (
    "a",
    "b",
    "Sari",
    "x y",
    "yes",
    "no",
    "1",
    "0",
    "-3",
    "2.5",
    "ñandú",
    "<&>",
    "",
)
NUMBERS = ("0", "1", "2", "3", "5", "18", "-1", "20", "21", "7")
DATES = (
    "2024-02-29",
    "2020-01-01",
    "2019-12-31",
    "2026-08-20",
    "1999-05-05",
    "2031-01-01",
)
TIMES = ("10:15:00.000Z", "23:59:59.999+07:00", "00:00", "07:30:00.000-05:00")
MOMENTS = (
    "2024-02-29T10:15:00.000Z",
    "2026-08-20T08:14:02.517+07:00",
    "2031-01-01T00:00:00.000Z",
    "2024-01-02",
)
POINTS = (
    "-7.43 109.24 74.3 4.8",
    "1 2",
    "1.5 2.5 0 50",
    "90 180 0 0",
    "-6.1 106.8 10 3",
)
LINES = (
    "-7 109 0 0; -7.1 109.1 0 0",
    "1 2 3 4;1 3 3 4;2 2 0 0;1 2 3 4",
    "1 2; 1 3; 2 2; 1 2",
)
BROKEN = {
    "int": ("1.0", "x", "12a", "9999999999", " 4 ", "1e3", "007"),
    "decimal": ("1,5", "x", "1e3", "NaN", ".5", "1.", "--1"),
    "date": ("2024-02-30", "20240101", "2024-1-2", "soon", "2024-01-02T10:00"),
    "time": ("25:00", "10", "1:2", "10:00:60", "noon"),
    "dateTime": ("2024-01-02 10:00", "2024-01-02T25:00", "later", "2024-1-2T1:2:3Z"),
    "geopoint": ("1", "1 2 3 4 5", "a b", "0 0 0 0", "1,2"),
    "geotrace": ("a", "1 2", "1 2;;1 3"),
    "geoshape": ("a", "1 2; 1 3", "x y; z"),
    "boolean": ("true", "yes", "2"),
}
USUAL = {
    "int": NUMBERS,
    "long": NUMBERS,
    "decimal": (*NUMBERS, "0.5", "2.75", "19.99"),
    "date": DATES,
    "time": TIMES,
    "dateTime": MOMENTS,
    "geopoint": POINTS,
    "geotrace": LINES,
    "geoshape": LINES,
    "boolean": ("1", "0"),
    "binary": ("photo.jpg", "a b.png"),
}


class InstanceMaker:
    """Makes instances of one form; `roughness` from 0 (clean) to 1 (hostile)."""

    def __init__(self, form: FormDefinition, chance: random.Random) -> None:
        self.form = form
        self.chance = chance
        self.roughness = 0.0

    def make(self, roughness: float) -> str:
        self.roughness = roughness
        root = self.form.root
        body = self._children(root)
        given = (
            f' id="{escape(self.form.form_id)}" version="{escape(self.form.version)}"'
        )
        return f"<{root.name}{given}>{body}</{root.name}>"

    def _happens(self, weight: float) -> bool:
        return self.chance.random() < self.roughness * weight

    def _children(self, definition: NodeDefinition) -> str:
        parts: list[str] = []
        for child in definition.children:
            if self._happens(0.06):
                continue
            count = self.chance.choice((0, 1, 1, 2, 3)) if child.repeat else 1
            if not child.repeat and self._happens(0.03):
                count = 2
            parts.extend(self._node(child) for _ in range(count))
            if self._happens(0.02):
                parts.append(f"<surplus>{self._word()}</surplus>")
        if self._happens(0.05):
            self.chance.shuffle(parts)
        return "".join(parts)

    def _node(self, definition: NodeDefinition) -> str:
        name = definition.name
        if name == "instanceID":
            return "<instanceID>uuid:00000000-0000-4000-8000-000000000000</instanceID>"
        if definition.children:
            return f"<{name}>{self._children(definition)}</{name}>"
        if self._happens(0.01):
            return f"<{name}><inner>{self._word()}</inner></{name}>"
        text = self._text(definition)
        return f"<{name}>{escape(text)}</{name}>" if text else f"<{name}/>"

    def _text(self, definition: NodeDefinition) -> str:
        if self.chance.random() < 0.15:
            return ""
        kind = definition.bind.type
        if self._happens(0.25):
            return self.chance.choice(BROKEN.get(kind, WORDS))
        if definition.control is not None and definition.control.is_select:
            return self._choice(definition)
        return self.chance.choice(USUAL.get(kind, WORDS))

    def _choice(self, definition: NodeDefinition) -> str:
        control = definition.control
        values = list(self.form.choice_labels(definition.path))
        if not values or self._happens(0.15):
            values = ["nowhere", *values]
        if control is None or control.kind == "select1":
            return self.chance.choice(values)
        count = self.chance.randint(1, min(3, len(values)))
        return " ".join(self.chance.sample(values, count))

    def _word(self) -> str:
        return escape(self.chance.choice(WORDS))
