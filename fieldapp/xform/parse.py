"""XForm XML to definition: everything that depends only on the form is done here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lxml import etree

from fieldapp.xform.binds import BindReader, RawBind, read_binds
from fieldapp.xform.body import QUESTIONS, Body, BodyElement, read_body, read_path
from fieldapp.xform.controls import read_control
from fieldapp.xform.definition import (
    BodyStep,
    Control,
    FormDefinition,
    FormError,
    FormWarning,
    NodeDefinition,
    Path,
    path_text,
)
from fieldapp.xform.dependencies import order_steps, readers_of
from fieldapp.xform.formchecks import check_actions, check_lists, check_nesting
from fieldapp.xform.itext import inline_text, read_itext
from fieldapp.xform.markup import Element, has_doctype, local_name, new_parser
from fieldapp.xform.merging import merge_steps
from fieldapp.xform.node import Node
from fieldapp.xform.offers import settle_offers
from fieldapp.xform.secondary import read_file, read_inline
from fieldapp.xform.skeleton import Skeleton, group_labels
from fieldapp.xform.translations import language_code

MAX_FORM_BYTES = 20_000_000
MAX_FORM_ELEMENTS = 1_000_000

_LAST_SAVED = "jr://instance/last-saved"


@dataclass(frozen=True, slots=True)
class _Instances:
    known: dict[str, Node]
    missing: dict[str, str]
    last_saved: frozenset[str]


def parse_form(
    xml: bytes, *, media: Mapping[str, bytes] | None = None
) -> FormDefinition:
    """Compile an XForm as pyxform writes it and JavaRosa loads it.

    `media` are the form's files by name; instances whose file is not among them are
    taken as given on the phone.

    :raises FormError: if the form is not one, or its logic does not compile.
    """
    html = _read_document(xml)
    model = _find(html, "model")
    if model is None:
        raise FormError("there is no model in it")
    primary = _primary(model)
    root_name = local_name(primary)
    texts = read_itext(model)
    raw_binds = read_binds(model, root_name)
    ids = {
        raw.attributes["id"]: raw.path
        for raw in raw_binds.values()
        if "id" in raw.attributes
    }
    body = read_body(_find(html, "body"), ids, root_name)
    reader = BindReader(texts, frozenset(body.repeats))
    check_nesting(body)
    controls = _controls(body, reader)
    targets = _action_targets(html, (root_name,))
    skeleton = Skeleton(
        raw_binds,
        reader,
        body,
        controls,
        group_labels(body, reader),
        frozenset(targets.values()),
    )
    root = skeleton.build([primary])
    _check_paths(skeleton, raw_binds, body)
    check_actions(html, targets, skeleton.nodes)
    return _define(html, model, skeleton, root, _read_instances(model, media or {}))


def _define(
    html: Element,
    model: Element,
    skeleton: Skeleton,
    root: NodeDefinition,
    instances: _Instances,
) -> FormDefinition:
    texts = skeleton.binds.texts
    nodes = dict(sorted(skeleton.nodes.items(), key=lambda item: item[1].index))
    title = _find(html, "title")
    steps = merge_steps(order_steps(nodes), skeleton.binds.repeats)
    definition = FormDefinition(
        form_id=(root.attributes.get("id") or "").strip(),
        version=root.attributes.get("version", ""),
        root=root,
        blank=_primary(model),
        nodes=nodes,
        titles={
            language_code(texts.default_language): (
                inline_text(title) if title is not None else ""
            )
        },
        languages=texts.languages,
        default_language=texts.default_language,
        itext=texts.by_language,
        instances=instances.known,
        missing_instances=instances.missing,
        last_saved_instances=instances.last_saved,
        steps=tuple(step for step in steps if step.kind in {"relevant", "calculate"}),
        body=_body_steps(skeleton.body.elements, (), skeleton),
        submission=_submission(model),
        entities_version=_entities_version(model),
        repeats=skeleton.binds.repeats,
        warnings=tuple(skeleton.binds.warnings),
        conditions=tuple(
            step for step in steps if step.kind in {"required", "readonly"}
        ),
    )
    check_lists(definition)
    return settle_offers(_with_paths(definition))


def _with_paths(definition: FormDefinition) -> FormDefinition:
    """Find, once, the nodes that are something special to the server."""
    nodes = definition.nodes
    roles = _roles(nodes)
    preloads = {
        (node.bind.preload, node.bind.preload_params): path
        for path, node in nodes.items()
    }
    return replace(
        definition,
        village_path=next(iter(roles.get("village", ())), None),
        subject_paths=roles.get("subject", ()),
        personal_paths=roles.get("personal", ()),
        attachment_paths=tuple(
            path for path, node in nodes.items() if node.bind.type == "binary"
        ),
        role_paths=roles,
        start_path=preloads.get(("timestamp", "start")),
        end_path=preloads.get(("timestamp", "end")),
        today_path=preloads.get(("date", "today")),
        calculated=tuple(
            node for node in nodes.values() if node.bind.calculate is not None
        ),
        readers=readers_of((*definition.steps, *definition.conditions), nodes),
        warned=tuple(node for node in nodes.values() if node.bind.warn is not None),
    )


def _read_document(xml: bytes) -> Element:
    if len(xml) > MAX_FORM_BYTES or xml.count(b"<") > 2 * MAX_FORM_ELEMENTS:
        raise FormError("the form is too large")
    if has_doctype(xml):
        raise FormError("a document type is not accepted")
    try:
        return etree.fromstring(xml, new_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FormError(f"not well-formed: {error}") from error


def _find(html: Element, name: str) -> Element | None:
    """Find the first element with a name, in the head or in the body's place."""
    return next(html.iter("{*}" + name), None)


def _primary(model: Element) -> Element:
    for instance in model.iterchildren("{*}instance"):
        for root in instance.iterchildren("*"):
            return root
        break
    raise FormError("the model has no primary instance")


def _controls(body: Body, reader: BindReader) -> dict[Path, tuple[Control, ...]]:
    found: dict[Path, tuple[Control, ...]] = {}
    for question in body.questions():
        if question.path is not None:
            control = read_control(question, reader)
            found[question.path] = (*found.get(question.path, ()), control)
    return found


def _action_targets(html: Element, context: Path) -> dict[Element, Path]:
    """Find the nodes that actions write to: what the phone did is taken as given."""
    return {
        element: read_path(reference, context)
        for element in html.iter("{*}setvalue", "{*}setgeopoint", "{*}recordaudio")
        if (reference := element.get("ref"))
    }


def _check_paths(
    skeleton: Skeleton, raw_binds: Mapping[Path, RawBind], body: Body
) -> None:
    for path in raw_binds:
        if path not in skeleton.nodes:
            skeleton.binds.warnings.append(
                FormWarning(path_text(path), "bind", "the node does not exist")
            )
    pending = list(body.elements)
    while pending:
        shown = pending.pop()
        if shown.path is not None and shown.path not in skeleton.nodes:
            raise FormError(
                f"the node of a {shown.kind} does not exist", path_text(shown.path)
            )
        pending.extend(shown.children)


def _read_instances(model: Element, media: Mapping[str, bytes]) -> _Instances:
    known: dict[str, Node] = {}
    missing: dict[str, str] = {}
    last_saved = set()
    for element in list(model.iterchildren("{*}instance"))[1:]:
        name, source = element.get("id", ""), element.get("src", "")
        if not name:
            continue
        file_name = source.rpartition("/")[2]
        inline = next(element.iterchildren("*"), None)
        if source == _LAST_SAVED:
            last_saved.add(name)
            missing[name] = source
        elif source and file_name in media:
            known[name] = read_file(file_name, media[file_name])
        elif inline is not None:
            known[name] = read_inline(inline)
        else:
            missing[name] = file_name
    return _Instances(known, missing, frozenset(last_saved))


def _roles(nodes: Mapping[Path, NodeDefinition]) -> dict[str, tuple[Path, ...]]:
    found: dict[str, tuple[Path, ...]] = {}
    for path, node in nodes.items():
        for role in sorted(node.bind.roles):
            found[role] = (*found.get(role, ()), path)
    return found


def _body_steps(
    elements: tuple[BodyElement, ...],
    repeats: tuple[Path, ...],
    skeleton: Skeleton,
) -> tuple[BodyStep, ...]:
    return tuple(_body_step(element, repeats, skeleton) for element in elements)


def _body_step(
    element: BodyElement, repeats: tuple[Path, ...], skeleton: Skeleton
) -> BodyStep:
    """Compile how to reach a question's node from the repeat items around it."""
    path = element.path
    kind = element.kind
    if kind == "group" and path in skeleton.body.repeats:
        path = None  # The group around a repeat shows its label, and has no node.
    if kind == "repeat" and path == skeleton.root_path:
        kind = "group"
    anchor = 0
    names: Path = ()
    if path is not None:
        around = [
            at
            for at, repeat in enumerate(repeats, 1)
            if path[: len(repeat)] == repeat and path != repeat
        ]
        anchor = max(around, default=0)
        names = path[len(repeats[anchor - 1]) if anchor else 1 :]
    node = skeleton.nodes[path] if path is not None else None
    if kind in QUESTIONS:
        controls = skeleton.controls[path or ()]
        return BodyStep("question", node, anchor, names, controls[0])
    inner = (*repeats, path or ()) if kind == "repeat" else repeats
    children = _body_steps(element.children, inner, skeleton)
    return BodyStep(
        "repeat" if kind == "repeat" else "group",
        node,
        anchor,
        names,
        None,
        children,
    )


def _submission(model: Element) -> dict[str, str]:
    for element in model.iterchildren("{*}submission"):
        return {
            str(key).rpartition("}")[2]: str(element.get(key))
            for key in element.keys()  # noqa: SIM118 - an element is no dict
        }
    return {}


def _entities_version(model: Element) -> str:
    for key in model.keys():  # noqa: SIM118 - an element is no dict
        if str(key).rpartition("}")[2] == "entities-version":
            return str(model.get(key))
    return ""
