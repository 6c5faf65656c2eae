"""The service document, and the types in CSDL (OData Common Schema Definition, XML)."""

from collections.abc import Sequence
from typing import Any

from lxml import etree

from fieldapp.exporting.layout import FACTS
from fieldapp.odata.shape import (
    EDM,
    ID,
    SYSTEM,
    SYSTEM_FACTS,
    EntitySet,
    Group,
    Property,
)
from fieldapp.xform.markup import Element

EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
CSDL = "http://docs.oasis-open.org/odata/ns/edm"
NAMESPACE = "fieldapp.entries"
TEXT = "Edm.String"


def service_document(base: str, sets: Sequence[EntitySet]) -> dict[str, Any]:
    """List the entity sets (OData JSON Format 4.0, 5)."""
    return {
        "@odata.context": f"{base}/$metadata",
        "value": [
            {"name": each.name, "kind": "EntitySet", "url": each.name} for each in sets
        ],
    }


def metadata(sets: Sequence[EntitySet]) -> bytes:
    """Describe the entity sets with all their types."""
    root = etree.Element(f"{{{EDMX}}}Edmx", {"Version": "4.0"}, {"edmx": EDMX})
    services = etree.SubElement(root, f"{{{EDMX}}}DataServices")
    # The types' namespace has no prefix: that is how clients know them.
    schema = etree.SubElement(
        services,
        f"{{{CSDL}}}Schema",
        {"Namespace": NAMESPACE},
        {None: CSDL},  # type: ignore[dict-item] # lxml's stubs know named ones only.
    )
    for each in sets:
        _entity_type(schema, each)
    _system_type(schema)
    container = _add(schema, "EntityContainer", Name="Entries")
    for each in sets:
        kind = f"{NAMESPACE}.{type_name(each.name)}"
        _add(container, "EntitySet", Name=each.name, EntityType=kind)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def type_name(set_name: str) -> str:
    """Name the type of a set: a dot would part it from its namespace."""
    return set_name.replace(".", "_")


def _entity_type(schema: Element, each: EntitySet) -> None:
    name = type_name(each.name)
    kind = _add(schema, "EntityType", Name=name)
    _add(_add(kind, "Key"), "PropertyRef", Name=ID)
    _add(kind, "Property", Name=ID, Type=TEXT, Nullable="false")
    if each.parent_key is not None:
        _add(kind, "Property", Name=each.parent_key, Type=TEXT, Nullable="false")
    else:
        system = f"{NAMESPACE}.metadata"
        _add(kind, "Property", Name=SYSTEM, Type=system, Nullable="false")
    _properties(schema, kind, each.tree, name)


def _properties(schema: Element, kind: Element, tree: Group, name: str) -> None:
    for below, what in tree.items():
        if isinstance(what, Property):
            _add(kind, "Property", Name=below, Type=EDM.get(what.kind, TEXT))
            continue
        inner = f"{name}_{below}"
        _add(
            kind, "Property", Name=below, Type=f"{NAMESPACE}.{inner}", Nullable="false"
        )
        _properties(schema, _add(schema, "ComplexType", Name=inner), what, inner)


def _system_type(schema: Element) -> None:
    kind = _add(schema, "ComplexType", Name="metadata")
    for name, told in SYSTEM_FACTS.items():
        _add(kind, "Property", Name=told, Type=EDM.get(FACTS[name], TEXT))


def _add(parent: Element, name: str, **attributes: str) -> Element:
    return etree.SubElement(parent, f"{{{CSDL}}}{name}", attributes)
