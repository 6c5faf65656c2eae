"""Random XForms: nested groups and repeats, every kind of bind, lists with filters."""

import random
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

KINDS = (
    "string",
    "string",
    "int",
    "int",
    "decimal",
    "date",
    "time",
    "dateTime",
    "geopoint",
    "select1",
    "select1",
    "select",
    "static1",
    "static",
    "boolean",
    "rank",
    "barcode",
    "geotrace",
)
CONDITIONS = (
    "{a} = 'yes'",
    "{a} != ''",
    "{a} > 2",
    "{a} = {b}",
    "not({a} = 'a')",
    "selected({a}, 'b')",
    "{a} = '' or {b} > 1",
    "string-length({a}) > 1",
    "count({rep}) > 1",
    "true()",
    "{a} >= {b}",
    "{a} + {b} < 10",
    "count-selected({a}) = 1",
    "coalesce({a}, {b}) != 'x'",
    "contains({a}, 'a')",
    "{a} = 1 and {b} != 'no'",
    "position(..) = 1",
    "boolean({a})",
    "count({rep}[. != '']) >= 0",
)
CONSTRAINTS = (
    ". > 0",
    ". != {a}",
    "string-length(.) < 4",
    ". >= 1 and . <= 20",
    "not(selected(., 'b'))",
    ". = {a} or {a} = ''",
    "regex(., '[a-z0-9 ]+')",
    ". <= today()",
    ". > date('2020-01-01')",
    "count-selected(.) <= 2",
    ". < sum({repleaf})",
    "{a} != 'no'",
    "position(..) < 3",
    "number(.) != 5",
)
CALCULATES = (
    "{a}",
    "concat({a}, '-', {b})",
    "{a} + {b}",
    "sum({repleaf})",
    "count({rep})",
    "if({a} > 1, {b}, 'none')",
    "count-non-empty({repleaf})",
    "coalesce({a}, {b})",
    "join(',', {repleaf})",
    "max({repleaf})",
    "{a} * 2",
    "round({a} div 3, 2)",
    "{a} = {b}",
    "string({a})",
    "number({a})",
    "position(..)",
    "substr({a}, 0, 2)",
    "date({a})",
    "int({a})",
    "selected-at({a}, 0)",
    "count-selected({a})",
    "string-length({a})",
    "{a} and {b}",
    "indexed-repeat({repleaf}, {rep}, 1)",
    "'const'",
    "1 div 4",
    "format-date({a}, '%Y-%m')",
    "concat({repleaf})",
    "min({repleaf}) + 1",
    "once({a})",
)
LIST = (
    '<instance id="list"><root>'
    "<item><name>a</name><label>A</label><kind>yes</kind></item>"
    "<item><name>b</name><label>B</label><kind>no</kind></item>"
    "<item><name>yes</name><label>Yes</label><kind>yes</kind></item>"
    "<item><name>no</name><label>No</label><kind>1</kind></item>"
    "<item><name>1</name><label>One</label><kind>a</kind></item>"
    "</root></instance>"
)
HEAD = (
    '<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" '
    'xmlns:h="http://www.w3.org/1999/xhtml" '
    'xmlns:jr="http://openrosa.org/javarosa" '
    'xmlns:odk="http://www.opendatakit.org/xforms"><h:head><h:title>Random</h:title><model>'
)


@dataclass
class Field:
    """A node of the form that is being made."""

    path: str
    kind: str
    repeats: tuple[str, ...]


@dataclass
class FormMaker:
    """Makes one form from one source of chance."""

    chance: random.Random
    fields: list[Field] = field(default_factory=list)
    repeats: list[str] = field(default_factory=list)
    binds: list[str] = field(default_factory=list)
    count: int = 0

    def make(self, size: int) -> str:
        instance, body = self._children("/data", (), size, 0)
        meta = "<meta><instanceID/></meta>"
        uid = '<bind nodeset="/data/meta/instanceID" type="string" jr:preload="uid"/>'
        return (
            f'{HEAD}<instance><data id="random" version="1">{instance}{meta}</data>'
            f"</instance>{LIST}{''.join(self.binds)}{uid}</model></h:head>"
            f"<h:body>{body}</h:body></h:html>"
        )

    def _children(
        self, parent: str, repeats: tuple[str, ...], size: int, depth: int
    ) -> tuple[str, str]:
        instance, body = [], []
        for _ in range(size):
            roll = self.chance.random()
            if roll < 0.13 and depth < 3:
                made = self._group(parent, repeats, depth)
            elif roll < 0.26 and depth < 3:
                made = self._repeat(parent, repeats, depth)
            else:
                made = self._question(parent, repeats)
            instance.append(made[0])
            body.append(made[1])
        return "".join(instance), "".join(body)

    def _name(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def _group(
        self, parent: str, repeats: tuple[str, ...], depth: int
    ) -> tuple[str, str]:
        name = self._name("g")
        path = f"{parent}/{name}"
        self._bind(path, "", ("relevant", 0.5))
        instance, body = self._children(
            path, repeats, self.chance.randint(1, 3), depth + 1
        )
        ref = f' ref="{path}"' if self.chance.random() < 0.8 else ""
        return (
            f"<{name}>{instance}</{name}>",
            f"<group{ref}><label>g</label>{body}</group>",
        )

    def _repeat(
        self, parent: str, repeats: tuple[str, ...], depth: int
    ) -> tuple[str, str]:
        name = self._name("r")
        path = f"{parent}/{name}"
        count = ""
        numbers = [
            each
            for each in self.fields
            if each.kind == "int" and each.repeats == repeats[: len(each.repeats)]
        ]
        if numbers and not repeats and self.chance.random() < 0.3:
            count = f' jr:count="{self.chance.choice(numbers).path}"'
        self._bind(path, "", ("relevant", 0.25 if count else 0.0))
        instance, body = self._children(
            path, (*repeats, path), self.chance.randint(1, 4), depth + 1
        )
        self.repeats.append(path)
        template = f'<{name} jr:template="">{instance}</{name}>'
        if self.chance.random() < 0.5:
            plain = instance.replace(' jr:template=""', "")
            template += f"<{name}>{plain}</{name}>" if not repeats else ""
        elif self.chance.random() < 0.3 and not repeats:
            plain = instance.replace(' jr:template=""', "")
            template = f"<{name}>{plain}</{name}>"
        repeat = f'<repeat nodeset="{path}"{count}>{body}</repeat>'
        return template, f'<group ref="{path}"><label>r</label>{repeat}</group>'

    def _question(self, parent: str, repeats: tuple[str, ...]) -> tuple[str, str]:
        name = self._name("q")
        path = f"{parent}/{name}"
        kind = self.chance.choice(KINDS)
        is_calculated = self.chance.random() < 0.25
        if is_calculated and kind in {"static1", "static", "rank", "select", "select1"}:
            kind = "string"
        self._bind(
            path,
            kind,
            ("relevant", 0.3),
            ("required", 0.35),
            ("constraint", 0.3),
            ("calculate", 1.0 if is_calculated else 0.0),
            ("readonly", 0.05),
        )
        self.fields.append(Field(path, kind, repeats))
        default = (
            "a" if self.chance.random() < 0.06 and kind in {"string", "static1"} else ""
        )
        shown = self.chance.random() < (0.3 if is_calculated else 0.93)
        return f"<{name}>{default}</{name}>", self._control(path, kind) if shown else ""

    def _control(self, path: str, kind: str) -> str:
        label = "<label>q</label>"
        if kind in {"static1", "static"}:
            tag = "select1" if kind == "static1" else "select"
            items = "".join(
                f"<item><label>{value}</label><value>{value}</value></item>"
                for value in ("a", "b", "yes")
            )
            return f'<{tag} ref="{path}">{label}{items}</{tag}>'
        if kind in {"select1", "select", "rank"}:
            tag = {"rank": "odk:rank"}.get(kind, kind)
            where = "[kind = {a}]" if self.chance.random() < 0.3 else ""
            near = self._near(path)
            where = where.replace("{a}", self.chance.choice(near).path) if near else ""
            nodeset = quoteattr(f"instance('list')/root/item{where}")
            refs = '<value ref="name"/><label ref="label"/>'
            itemset = f"<itemset nodeset={nodeset}>{refs}</itemset>"
            return f'<{tag} ref="{path}">{label}{itemset}</{tag}>'
        return f'<input ref="{path}">{label}</input>'

    def _bind(self, path: str, kind: str, *rules: tuple[str, float]) -> None:
        kinds = {
            "select1": "string",
            "static1": "string",
            "static": "string",
            "rank": "odk:rank",
        }
        kind = kinds.get(kind, kind)
        if kind == "select":
            kind = "string"
        parts = [f'type="{kind}"'] if kind else []
        parts.extend(
            f"{rule}={quoteattr(self._expression(rule, path))}"
            for rule, weight in rules
            if self.chance.random() < weight
            and (self._near(path) or rule == "required")
        )
        if parts:
            self.binds.append(f'<bind nodeset="{path}" {" ".join(parts)}/>')

    def _near(self, path: str) -> list[Field]:
        """Earlier questions that are not in a repeat which does not hold `path`."""
        return [
            each
            for each in self.fields
            if all(path.startswith(repeat + "/") for repeat in each.repeats)
        ]

    def _expression(self, rule: str, path: str) -> str:
        if rule == "required" and (self.chance.random() < 0.7 or not self._near(path)):
            return "true()"
        templates = {"constraint": CONSTRAINTS, "calculate": CALCULATES}.get(
            rule, CONDITIONS
        )
        return self._fill(self.chance.choice(templates), path)

    def _fill(self, template: str, path: str) -> str:
        near = self._near(path)
        inside = [each for each in self.fields if each.repeats]
        leaf = self.chance.choice(inside or near)
        repeat = leaf.repeats[-1] if leaf.repeats else leaf.path
        return (
            template.replace(
                "{a}", self._reference(self.chance.choice(near).path, path)
            )
            .replace("{b}", self._reference(self.chance.choice(near).path, path))
            .replace("{repleaf}", leaf.path)
            .replace("{rep}", repeat)
        )

    def _reference(self, target: str, path: str) -> str:
        """Write a reference absolutely or relatively; pyxform writes both."""
        if self.chance.random() < 0.6:
            return f" {target} "
        own, other = path.split("/"), target.split("/")
        shared = 0
        while shared < min(len(own), len(other)) and own[shared] == other[shared]:
            shared += 1
        steps = [".."] * (len(own) - shared) + other[shared:]
        prefix = "current()/" if self.chance.random() < 0.5 else ""
        return f" {prefix}{'/'.join(steps)} "
