"""XForm XML to definition: everything that depends only on the form is done here."""

from collections.abc import Mapping
from dataclasses import replace

from fieldapp.xform.actions import LOAD_EVENTS, ActionReader
from fieldapp.xform.binds import BindReader, merge_binds, read_binds
from fieldapp.xform.body import QUESTIONS, Body, BodyElement, read_body
from fieldapp.xform.controls import read_control
from fieldapp.xform.definition import (
    Action,
    BodyStep,
    Control,
    FormDefinition,
    FormWarning,
    NodeDefinition,
    Path,
    path_text,
)
from fieldapp.xform.dependencies import order_steps, readers_of
from fieldapp.xform.document import (
    Document,
    check_templates,
    read_document,
    submission_of,
    title_of,
)
from fieldapp.xform.itext import read_itext
from fieldapp.xform.lists import Formula, Lists, check_lists, read_lists
from fieldapp.xform.markup import Element, attribute_of
from fieldapp.xform.merging import merge_steps
from fieldapp.xform.nesting import (
    check_itemset_targets,
    check_nesting,
    repeated_paths,
)
from fieldapp.xform.offers import settle_offers
from fieldapp.xform.personal import personal_roles
from fieldapp.xform.preloads import check_preloads
from fieldapp.xform.references import names_in, read_route
from fieldapp.xform.refusals import formula_refusal, refusal
from fieldapp.xform.skeleton import Skeleton, group_labels
from fieldapp.xform.translations import language_code
from fieldapp.xform.xpath import XPathFunctionError, compile_xpath


def parse_form(
    xml: bytes, *, media: Mapping[str, bytes] | None = None
) -> FormDefinition:
    """Compile an XForm as pyxform writes it and JavaRosa loads it.

    `media` are the form's files by name; instances whose file is not among them are
    taken as given on the phone.

    :raises FormError: if the form is not one, or its logic does not compile.
    """
    document = read_document(xml)
    names = names_in(document.primary, document.prefix_by_uri)
    binds = read_binds(document.model, names)
    ids = {raw.attributes["id"]: raw.path for raw in binds if "id" in raw.attributes}
    _check_submissions(document.model, ids)
    body = read_body(document.html, ids, names)
    reader = BindReader(read_itext(document.model), frozenset(body.repeats))
    controls = _controls(body, reader)
    repeats = repeated_paths(body, controls)
    actions = ActionReader(names, ids, reader).read_all(document.model, body.actions)
    check_templates(document.primary, repeats)
    skeleton = Skeleton(
        merge_binds(binds),
        reader,
        body,
        controls,
        group_labels(body, reader),
        frozenset(action.path for action in actions),
    )
    root = skeleton.build([document.primary])
    _check_paths(skeleton, actions)
    check_nesting(body, repeats)
    check_itemset_targets(controls, repeats)
    check_preloads(skeleton.nodes)
    lists = read_lists(document, media or {})
    return _define(document, skeleton, root, lists, actions)


def _define(
    document: Document,
    skeleton: Skeleton,
    root: NodeDefinition,
    lists: Lists,
    actions: tuple[Action, ...],
) -> FormDefinition:
    texts = skeleton.binds.texts
    nodes = dict(sorted(skeleton.nodes.items(), key=lambda item: item[1].index))
    unseen = skeleton.unseen()
    title = title_of(document.html)
    ordered = (each for each in order_steps({**nodes, **unseen}) if each.path in nodes)
    steps = merge_steps(ordered, skeleton.binds.repeats)
    definition = FormDefinition(
        form_id=(root.attributes.get("id") or "").strip(),
        version=root.attributes.get("version", ""),
        root=root,
        blank=document.primary,
        nodes=nodes,
        titles={language_code(texts.default_language): title},
        languages=texts.languages,
        default_language=texts.default_language,
        itext=texts.by_language,
        instances=lists.known,
        missing_instances=lists.missing,
        last_saved_instances=lists.last_saved,
        steps=tuple(step for step in steps if step.kind in {"relevant", "calculate"}),
        body=_body_steps(skeleton.body.elements, (), skeleton),
        submission=_submission(document.model),
        entities_version=_entities_version(document.model),
        repeats=skeleton.binds.repeats,
        warnings=tuple(skeleton.binds.warnings),
        conditions=tuple(
            step for step in steps if step.kind in {"required", "readonly"}
        ),
        actions=actions,
    )
    formulas = [*_formulas_of(unseen, skeleton), *_written_by(actions)]
    check_lists(definition, formulas, lists.vacant)
    return settle_offers(_with_paths(definition))


def _written_by(actions: tuple[Action, ...]) -> list[Formula]:
    """Give the values that are worked out when a form is opened."""
    return [
        (each.path, "setvalue", each.value)
        for each in actions
        if each.value is not None and not LOAD_EVENTS.isdisjoint(each.events)
    ]


def _formulas_of(
    unseen: Mapping[Path, NodeDefinition], skeleton: Skeleton
) -> list[Formula]:
    """Give the calculates of attributes, which JavaRosa works out like others.

    :raises FormError: if one calls a function that does not exist.
    """
    found = []
    for path, node in unseen.items():
        calculate = node.bind.calculate
        if calculate is not None and skeleton.has(path):
            try:
                expression = compile_xpath(calculate.source, context=path)
                found.append((path, "calculate", expression))
            except XPathFunctionError as error:
                raise formula_refusal(error, path, "calculate") from error
    return found


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
        personal=personal_roles(
            nodes, definition.actions, definition.last_saved_instances
        ),
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


def _check_submissions(model: Element, ids: Mapping[str, Path]) -> None:
    """Refuse a submission profile that names no path, or no bind."""
    for element in model.iterchildren("{*}submission"):
        bind_id, reference = (attribute_of(element, name) for name in ("bind", "ref"))
        if bind_id is not None and bind_id not in ids:
            raise refusal("no-bind-id", name=bind_id)
        if bind_id is None and reference is not None:
            read_route(reference, ())


def _controls(body: Body, reader: BindReader) -> dict[Path, tuple[Control, ...]]:
    found: dict[Path, list[Control]] = {}
    for question in body.questions():
        if question.path is not None:
            control = read_control(question, reader)
            found.setdefault(question.path, []).append(control)
    return {path: tuple(controls) for path, controls in found.items()}


def _check_paths(skeleton: Skeleton, actions: tuple[Action, ...]) -> None:
    for path in skeleton.raw_binds:
        if not skeleton.has(path):
            skeleton.binds.warnings.append(
                FormWarning(path_text(path), "bind", "the node does not exist")
            )
    for shown in skeleton.body.everything():
        if shown.path is not None and not skeleton.has(shown.path):
            raise refusal("missing-node", shown.path, name=shown.kind)
        count = shown.count
        if count is not None and count not in skeleton.nodes:
            raise refusal("count-node", shown.path or (), attribute="count")
    for action in actions:
        if not skeleton.has(action.path):
            raise refusal("missing-node", action.path, name=action.name)


def _roles(nodes: Mapping[Path, NodeDefinition]) -> dict[str, tuple[Path, ...]]:
    found: dict[str, list[Path]] = {}
    for path, node in nodes.items():
        for role in sorted(node.bind.roles):
            found.setdefault(role, []).append(path)
    return {role: tuple(paths) for role, paths in found.items()}


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
    is_attribute = path is not None and path not in skeleton.nodes
    if is_attribute:
        path = None  # Nobody asks for what stands in an attribute.
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
    if kind in QUESTIONS and not is_attribute:
        control = skeleton.controls[path or ()][0]
        return BodyStep("question", node, anchor, names, control)
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
    element = submission_of(model)
    if element is None:
        return {}
    return {str(key).rpartition("}")[2]: str(value) for key, value in element.items()}


def _entities_version(model: Element) -> str:
    for key in model.keys():  # noqa: SIM118 - an element is no dict
        if str(key).rpartition("}")[2] == "entities-version":
            return str(model.get(key))
    return ""
