"""An entry while it is filled in: the XML of a form, answer by answer."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from lxml import etree

from fieldapp.phone.entities import entity_attributes
from fieldapp.phone.wire import DEVICE
from fieldapp.xform.definition import FormDefinition, NodeDefinition, Path
from fieldapp.xform.evaluate import evaluate
from fieldapp.xform.instance import Instance
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.markup import Element, local_name
from fieldapp.xform.node import Node
from fieldapp.xform.run import path_of
from fieldapp.xform.times import write_date_time

XFORMS = "http://www.w3.org/2002/xforms"
DECLARATION = b"<?xml version='1.0' ?>"
FILLING_TIME = timedelta(minutes=12)


class Entry:
    """An entry of one form; a judgement of it tells what to ask next."""

    def __init__(
        self, form: FormDefinition, *, instance_id: UUID, finished_at: datetime
    ) -> None:
        self.form = form
        self.instance_id = f"uuid:{instance_id}"
        self.finished_at = finished_at
        self._tags = _tags_of(form.blank)
        self._root = self._new_root()
        self._add_children(self._root, form.root)

    def judge(self) -> Judgement:
        """Judge what has been answered so far."""
        instance = Instance(
            root=self._root,
            form_id=self.form.form_id,
            version=self.form.version,
            instance_id=self.instance_id,
            deprecated_id="",
            instance_name="",
            is_encrypted=False,
            size=0,
        )
        moment = self.finished_at
        return evaluate(self.form, instance, now=moment, time_zone=moment.tzinfo or UTC)

    def answer(self, path: str, text: str) -> None:
        """Write an answer; items of repeats that are not there yet are added."""
        element, definition = self._root, self.form.root
        for part in path.split("/")[2:]:
            name, _, index = part.partition("[")
            definition = definition.children_by_name[name]
            wanted = int(index.rstrip("]") or 1)
            while len(found := _named(element, name)) < wanted:
                self._add(element, definition)
            element = found[wanted - 1]
        element.text = text or None

    def add_items(self, path: str, count: int) -> None:
        """Let a repeat have at least so many items."""
        parent, _, name = path.rpartition("/")
        definition = self.form.nodes[tuple(_bare(path))]
        element = self._element(parent)
        while len(_named(element, name)) < count:
            self._add(element, definition)

    def xml(self, judgement: Judgement) -> bytes:
        """Write what a phone sends: without what does not apply, with calculations."""
        root = self._new_root()
        self._write(root, judgement.root, judgement)
        return DECLARATION + etree.tostring(root, encoding="utf-8")

    def _new_root(self) -> Element:
        """Make the root as JavaRosa writes it: prefixes, but no default namespace."""
        blank = self.form.blank
        spaces = {prefix: uri for prefix, uri in blank.nsmap.items() if prefix}
        tag = self._tags[self.form.root.path]
        return etree.Element(tag, {**self.form.root.attributes}, spaces)

    def _write(self, element: Element, node: Node, judgement: Judgement) -> None:
        for child in node.children:
            if not child.is_relevant:
                continue
            attributes = entity_attributes(judgement, child)
            written = etree.SubElement(
                element, self._tags[child.path], dict(attributes)
            )
            if child.children:
                self._write(written, child, judgement)
                continue
            path = path_of(child, self.form.repeats)
            written.text = judgement.calculated.get(path, child.text) or None

    def _element(self, path: str) -> Element:
        element = self._root
        for part in path.split("/")[2:]:
            name, _, index = part.partition("[")
            element = _named(element, name)[int(index.rstrip("]") or 1) - 1]
        return element

    def _add_children(self, element: Element, definition: NodeDefinition) -> None:
        for child in definition.children:
            for _ in range(child.initial_count if child.repeat else 1):
                self._add(element, child)

    def _add(self, parent: Element, definition: NodeDefinition) -> None:
        element = etree.SubElement(parent, self._tags[definition.path])
        if definition.children:
            self._add_children(element, definition)
        else:
            element.text = self._loaded(definition) or None

    def _loaded(self, definition: NodeDefinition) -> str:
        """Give what a node holds before anybody is asked (ODK XForms, preloads)."""
        bind = definition.bind
        preload = (bind.preload, bind.preload_params)
        if definition.name == "instanceID" or bind.preload == "uid":
            return self.instance_id
        if preload == ("timestamp", "start"):
            return write_date_time(self.finished_at - FILLING_TIME)
        if preload == ("timestamp", "end"):
            return write_date_time(self.finished_at)
        if preload == ("date", "today"):
            return self.finished_at.date().isoformat()
        if preload == ("property", "deviceid"):
            return DEVICE
        return definition.default


def _named(element: Element, name: str) -> list[Element]:
    return [each for each in element if local_name(each) == name]


def _bare(path: str) -> list[str]:
    return [part.partition("[")[0] for part in path.split("/") if part]


def _tags_of(blank: Element) -> dict[Path, str]:
    """Name each node as the form does; the namespace of XForms is not the entry's."""
    tags: dict[Path, str] = {}
    pending: list[tuple[Path, Element]] = [((local_name(blank),), blank)]
    while pending:
        path, element = pending.pop()
        tags[path] = str(element.tag).removeprefix(f"{{{XFORMS}}}")
        pending.extend(((*path, local_name(child)), child) for child in element)
    return tags
