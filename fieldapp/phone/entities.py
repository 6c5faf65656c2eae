"""The attributes of ``meta/entity`` as Collect writes them when an entry is finished.

What a form says of them stands in binds on attributes, which no evaluation on the
server looks at: the phone writes them.
"""

from collections.abc import Mapping
from uuid import uuid4

from fieldapp.xform.definition import FormDefinition, path_text
from fieldapp.xform.evaluate import compile_over, context_of
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.node import Node
from fieldapp.xform.xpath import XPathError, to_string, unpack

ENTITY = ("meta", "entity")
VERSIONS = ("baseVersion", "trunkVersion")


def entity_attributes(judgement: Judgement, node: Node) -> Mapping[str, str]:
    """Give the attributes of a node; none where it is no entity.

    An entity of a list that the server gave begins a chain of changes at its version.
    """
    definition = judgement.definition.nodes.get(node.path)
    if definition is None or "dataset" not in definition.attributes:
        return {}
    if node.path[-len(ENTITY) :] != ENTITY:
        return {}
    found = dict(definition.attributes)
    for name, source in _calculations(judgement.definition, node).items():
        found[name] = _text(judgement, node, source)
    for action in ("create", "update"):
        if found.get(action) in {"true", "false"}:
            found[action] = "1" if found[action] == "true" else ""
    if "create" in found and not found.get("id"):
        found["id"] = str(uuid4())
    if found.get("baseVersion"):
        found |= dict.fromkeys(VERSIONS, found["baseVersion"])
        found["branchId"] = str(uuid4())
    return {name: text for name, text in found.items() if text or name in VERSIONS}


def _calculations(form: FormDefinition, node: Node) -> dict[str, str]:
    """Read what the form calculates for each attribute of a node."""
    start = f"{path_text(node.path)}/@"
    model = next(form.blank.iterancestors("{*}model"))
    return {
        str(bind.get("nodeset")).removeprefix(start): str(bind.get("calculate"))
        for bind in model.iterchildren("{*}bind")
        if str(bind.get("nodeset")).startswith(start) and bind.get("calculate")
    }


def _text(judgement: Judgement, node: Node, source: str) -> str:
    context = context_of(judgement)
    context.node = node
    try:
        expression = compile_over(judgement.definition, source, context=node.path)
        return to_string(unpack(expression.evaluate(context)))
    except XPathError:
        return ""
