"""The record that the cases of `javarosa/` were answered on."""

from datetime import UTC, date, datetime

from fieldapp.xform.node import Node, XPathValue
from fieldapp.xform.xpath import Evaluation, compile_xpath

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
CHOICES: dict[tuple[str, ...], dict[str, str]] = {
    ("data", "one"): {"a": "Apple", "b": "Banana"},
    ("data", "many"): {"a": "Letter A", "b": "Letter B", "c": "Letter C"},
    ("data", "fruit"): {"apple": "Apple", "pear": "Pear", "plum": "Plum"},
}
TEXTS = {"hello": "Hello", "f1": "Apple", "f2": "Banana"}
REPEATS: list[tuple[str, XPathValue, str, list[float]]] = [
    ("r1", 10.0, "p", [1.0, 2.0]),
    ("r2", 20.0, "", [3.0]),
    ("r3", -5.0, "q", []),
]
VALUES: dict[str, XPathValue] = {
    "empty": "",
    "txt": "Hello World",
    "spaces": "a   b",
    "int": 42.0,
    "neg": -7.0,
    "dec": 3.75,
    "zero": 0.0,
    "boo": True,
    "day": date(2024, 2, 29),
    "clock": datetime(2026, 11, 21, 13, 45, 30, 500_000, tzinfo=UTC),
    "stamp": datetime(2024, 2, 29, 13, 45, 30, 500_000, tzinfo=UTC),
    "one": "b",
    "many": "a c",
    "fruit": "apple",
    "point": "48.8566 2.3522 35.0 5.0",
    "trace": "; 0.0 1.0 0.0 0.0; 1.0 1.0 0.0 0.0",
    "shape": "; 0.0 1.0 0.0 0.0; 1.0 1.0 0.0 0.0; 1.0 0.0 0.0 0.0; ",
}


def leaf(name: str, value: XPathValue) -> Node:
    return Node(name, value=value)


def make_record() -> Node:
    root = Node("data", attributes={"id": "eval", "version": "7"})
    for name, value in VALUES.items():
        root.append(leaf(name, value))
    group = root.append(Node("grp"))
    group.append(leaf("x", 1.0))
    group.append(leaf("y", 2.0))
    group.append(leaf("z", ""))
    root.append(leaf("hid", "secret")).is_relevant = False
    for name, quantity, tag, inner in REPEATS:
        repeat = root.append(Node("rep"))
        repeat.append(leaf("nm", name))
        repeat.append(leaf("qty", quantity))
        repeat.append(leaf("tag", tag))
        for number in inner:
            repeat.append(Node("sub")).append(leaf("v", number))
    root.append(Node("meta")).append(leaf("instanceID", "uuid:eval"))
    return root


def make_fruits() -> Node:
    root = Node("root")
    for row in (
        {"name": "apple", "label": "Apple", "price": "1.5", "kind": "pome"},
        {"name": "pear", "label": "Pear", "price": "2", "kind": "pome"},
        {"name": "plum", "label": "Plum", "price": "0.5", "kind": "stone"},
    ):
        item = root.append(Node("item"))
        for name, value in row.items():
            item.append(leaf(name, value))
    return root.freeze()


def find(root: Node, path: str) -> Node:
    node = root
    for step in path.strip("/").split("/")[1:]:
        name, _, position = step.rstrip("]").partition("[")
        node = node.by_name[name][int(position or 1) - 1]
    return node


def make_evaluation(path: str = "/data", root: Node | None = None) -> Evaluation:
    record = root or make_record()
    return Evaluation(
        node=find(record, path),
        root=record,
        instances={"fruits": make_fruits()},
        now=NOW,
        choice_name=lambda path, value, _node: CHOICES.get(path, {}).get(value, ""),
        itext=lambda name: TEXTS.get(name, f"[itext:{name}]"),
        device_property=lambda name: f"prop:{name}",
        form_version="7",
    )


def value(source: str, path: str = "/data") -> object:
    evaluation = make_evaluation(path)
    return compile_xpath(source, context=evaluation.node.path).value(evaluation)
