"""Mask what is said about broken rules: the values in it are answers.

A finding is as a revision keeps it: `path`, `rule`, `value`, `detail` by path, and
`label`, `item`, `message`, `answer`, `reason` and `readings` in words, by language.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fieldapp.masking.answers import mask_text, masking_role, words_of
from fieldapp.masking.clearance import Clearance
from fieldapp.masking.masks import WITHHELD
from fieldapp.xform.answers import label_words
from fieldapp.xform.definition import FormDefinition, NodeDefinition, Path, plain_path
from fieldapp.xform.dependencies import expand_references
from fieldapp.xform.itext import without_outputs
from fieldapp.xform.messages import rule_message
from fieldapp.xform.translations import SHOWN, Translations, complete

Finding = Mapping[str, Any]

_HIDDEN: Translations = dict.fromkeys(SHOWN, WITHHELD)
_TOLD_BY_THE_FORM = frozenset({"required", "constraint", "warn"})
_SHOW_VALUES = frozenset({"choice", "calculate"})


def mask_findings(
    form: FormDefinition, findings: Iterable[Finding], clearance: Clearance
) -> list[Finding]:
    """Mask findings about one entry; what is said about the whole of it stays."""
    if clearance is Clearance.FULL:
        return list(findings)
    masks = _Masks(form, clearance)
    return [masks.finding(each) if each["path"] else each for each in findings]


class _Masks:
    """Masks the findings on entries of one form version, for one clearance."""

    def __init__(self, form: FormDefinition, clearance: Clearance) -> None:
        self.form = form
        self.clearance = clearance
        self.touched: dict[Path, bool] = {}

    def finding(self, finding: Finding) -> Finding:
        path = finding["path"]
        node = self.form.nodes.get(plain_path(path))
        is_touched = self.touches(finding, node)
        return {
            **finding,
            "label": self.label(path, finding["label"]),
            "item": self.item(path),
            "message": self.message(finding, node, is_touched=is_touched),
            "value": mask_text(self.form, path, finding["value"], self.clearance),
            "detail": dict(self.detail(finding, is_touched=is_touched)),
            "answer": self.answer(path, finding["value"], finding["answer"]),
            "reason": {} if is_touched else finding["reason"],
            "readings": [self.reading(each, finding) for each in finding["readings"]],
        }

    def touches(self, finding: Finding, node: NodeDefinition | None) -> bool:
        """Tell whether what is said may show an answer that is masked."""
        if node is None or any(self.role(each["path"]) for each in finding["readings"]):
            return True
        if node.path not in self.touched:
            self.touched[node.path] = any(map(self.role, self.read_by_rules_of(node)))
        return self.touched[node.path]

    def read_by_rules_of(self, node: NodeDefinition) -> Iterator[Path]:
        """Give a question, and what its rules and those of groups around it read."""
        yield node.path
        around = [
            self.form.nodes[node.path[:depth]] for depth in range(1, len(node.path))
        ]
        expressions = [each.bind.relevant for each in around]
        expressions += [expression for _, expression in node.expressions()]
        for expression in filter(None, expressions):
            read = expand_references(expression, self.form.nodes)
            yield from (path for path in read if path in self.form.nodes)

    def is_known(self, path: Path | str) -> bool:
        return plain_path(path) in self.form.nodes

    def role(self, path: Path | str) -> str | None:
        return masking_role(self.form, path, self.clearance)

    def label(self, path: str, told: Translations) -> Translations:
        """Name a question without the answers that its label shows."""
        node = self.form.nodes.get(plain_path(path))
        return told if node is None else complete(label_words(self.form, node))

    def item(self, path: str) -> Translations:
        """Name the items of repeats around a question, such as `Lahan 1`."""
        names: list[Translations] = []
        parts = path.split("/")[1:]
        for depth, part in enumerate(parts, 1):
            name, _, index = part.partition("[")
            label = self.label("/".join(["", *parts[:depth]]), complete({}, name))
            if index:
                number = index.rstrip("]")
                names.append({code: f"{label[code]} {number}" for code in SHOWN})
        if not names:
            return {}
        return {code: " › ".join(each[code] for each in names) for code in SHOWN}

    def message(
        self, finding: Finding, node: NodeDefinition | None, *, is_touched: bool
    ) -> Translations:
        """Give the form's own message, without answers; else what the rule is."""
        rule = finding["rule"]
        own = _own_message(node, rule)
        if own:
            return complete(own)
        if is_touched and rule in _TOLD_BY_THE_FORM:
            return rule_message(rule)
        if rule in _SHOW_VALUES and self.role(finding["path"]):
            return rule_message(rule, choices=_HIDDEN, computed=_HIDDEN)
        told: Translations = finding["message"]
        return told

    def detail(
        self, finding: Finding, *, is_touched: bool
    ) -> Iterator[tuple[str, str]]:
        """Mask values by path; what a failing formula says may hold any of them."""
        for path, text in finding["detail"].items():
            if self.is_known(path):
                yield path, mask_text(self.form, path, text, self.clearance)
            else:
                yield path, WITHHELD if is_touched else text

    def answer(self, path: str, text: str, told: Translations) -> Translations:
        role = self.role(path)
        return words_of(role, text) if role and text else told

    def reading(self, reading: Mapping[str, Any], finding: Finding) -> dict[str, Any]:
        """Mask a value that a rule read; the item only where it is another one."""
        path = reading["path"]
        label, item = self.label(path, reading["label"]), self.item(path)
        if item and item != self.item(finding["path"]):
            label = {code: f"{label[code]} ({item[code]})" for code in SHOWN}
        text = finding["detail"].get(path, WITHHELD)
        answer = self.answer(path, text, reading["answer"])
        return {"path": path, "label": label, "answer": answer}


def _own_message(node: NodeDefinition | None, rule: str) -> Translations:
    """Give what the form says of a broken rule, without the answers that it shows."""
    if node is None:
        return {}
    bind = node.bind
    own = {
        "required": bind.required_message,
        "constraint": bind.constraint_message,
        "warn": bind.warn_message,
    }.get(rule, {})
    return without_outputs(own) if any(own.values()) else {}
