"""The single rules by which a form is checked, beyond whether it loads."""

import re
from collections.abc import Callable, Iterator, Mapping

from fieldapp.xform.definition import FormDefinition, Path, path_text
from fieldapp.xform.dependencies import matches
from fieldapp.xform.origins import SURVEY, Origins
from fieldapp.xform.place import NOWHERE, Place
from fieldapp.xform.remarks import Remark, Severity
from fieldapp.xform.roles import MASKED_ROLES, PERSONAL, ROLES, suits
from fieldapp.xform.translations import SHOWN, language_code
from fieldapp.xform.xpath import Expression, XPathError
from fieldapp.xform.xpath.parts import syntax_tree
from fieldapp.xform.xpath.patterns import matches as matches_pattern
from fieldapp.xform.xpath.syntax import Call, Step, Text, Tree, parts_of
from fieldapp.xform.xpath.syntax import Path as XPath

Rule = Callable[[FormDefinition, Origins], Iterator[Remark]]

_STEPS = 10_000
_PERSONAL = frozenset({"nik", "ktp", "telepon", "telp", "phone", "hp"})
_OWN_MESSAGE = re.compile(r"bind::fieldapp:warnmsg", re.IGNORECASE)
_COLUMN_NAMES = {"itemset": "choice_filter", "calculate": "calculation"}
TEXTS: Mapping[str, tuple[Severity, str, str]] = {
    "no-id": ("error", "form_id tidak ada", "there is no form_id"),
    "no-version": ("error", "version tidak ada", "there is no version"),
    "no-instance-id": (
        "error",
        "tidak ada instanceID di meta: kiriman ganda tidak bisa dikenali",
        "there is no instanceID in meta: duplicates could not be told apart",
    ),
    "own-address": (
        "error",
        "submission_url: HP akan mengirim ke {url}, bukan ke sini; hapus kolomnya",
        "submission_url: phones would send to {url}, not here; remove the column",
    ),
    "no-village": (
        "warning",
        "tidak ada pertanyaan dengan peran village: semua isian akan tertahan",
        "no question has the role village: every entry would be held",
    ),
    "two-villages": (
        "error",
        "{name} dan {first} sama-sama berperan village; hanya satu yang boleh",
        "{name} and {first} both have the role village; only one may",
    ),
    "village-in-repeat": (
        "error",
        "{name} berperan village, tetapi ada di dalam repeat",
        "{name} has the role village, but stands inside a repeat",
    ),
    "unknown-role": (
        "error",
        "peran {role!r} tidak dikenal; pilih dari: {known}",
        "the role {role!r} is not known; choose from: {known}",
    ),
    "role-type": (
        "error",
        "peran {role} tidak cocok untuk {name}, yang bertipe {kind}",
        "the role {role} does not suit {name}, whose type is {kind}",
    ),
    "two-masks": (
        "error",
        "{name} hanya boleh punya satu dari peran ini: {roles}",
        "{name} may have one of these roles only: {roles}",
    ),
    "personal": (
        "warning",
        "{name} tampaknya data pribadi; beri peran nik, phone, atau personal",
        "{name} seems to tell of a person; give it the role nik, phone or personal",
    ),
    "logic": ("warning", "{attribute}: {reason}", "{attribute}: {reason}"),
    "unknown-node": (
        "warning",
        "{attribute} membaca {node}, yang tidak ada di formulir",
        "{attribute} reads {node}, which is not in the form",
    ),
    "unknown-column": (
        "warning",
        "{attribute} membaca kolom {column!r}, yang tidak ada di daftar {list}",
        "{attribute} reads the column {column!r}, which the list {list} has not",
    ),
    "bad-pattern": (
        "warning",
        "{attribute}: pola {pattern!r} tidak bisa dibaca",
        "{attribute}: the pattern {pattern!r} cannot be read",
    ),
    "never-relevant": (
        "warning",
        "{name} tidak pernah berlaku",
        "{name} never applies",
    ),
    "no-language": (
        "note",
        "formulir tidak punya teks dalam bahasa {code!r}",
        "the form has no texts in the language {code!r}",
    ),
    "no-label": (
        "warning",
        "{name} tidak punya label",
        "{name} has no label",
    ),
    "label-language": (
        "warning",
        "{name} tidak punya label dalam bahasa {code!r}",
        "{name} has no label in the language {code!r}",
    ),
    "no-message": (
        "warning",
        "{attribute} pada {name} tidak punya pesan",
        "the {attribute} of {name} has no message",
    ),
    "message-reference": (
        "warning",
        "pesan ini tidak bisa menampilkan ${{…}}",
        "this message cannot show ${{…}}",
    ),
    "unused-list": (
        "warning",
        "daftar pilihan {name!r} tidak dipakai",
        "the choice list {name!r} is not used",
    ),
    "missing-list": (
        "note",
        "daftar {name} ({source}) tidak ada di sini; pilihannya tidak diperiksa",
        "the list {name} ({source}) is not here; its choices are not checked",
    ),
}
"""What is said, and how grave it is, by code."""


def _say(
    code: str, place: Place = NOWHERE, path: Path | str = "", /, **values: str
) -> Remark:
    """Make a remark; columns are called as the survey calls them."""
    severity, indonesian, english = TEXTS[code]
    attribute = values.get("attribute", "")
    values["attribute"] = _COLUMN_NAMES.get(attribute, attribute)
    text = {"id": indonesian.format(**values), "en": english.format(**values)}
    where = path_text(path) if isinstance(path, tuple) else path
    return Remark(severity, code, text, place, where)


def _identity(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Ask for an id, a version, a place for the entry's own id, and no other server.

    ODK Collect sends to the form's `submission/@action` instead of the address that
    carries its token, and refuses a form where that is no address.
    """
    place = Place("settings") if origins.sheets else NOWHERE
    if not form.form_id:
        yield _say("no-id", place)
    if not form.version:
        yield _say("no-version", place)
    if (form.root.name, "meta", "instanceID") not in form.nodes:
        yield _say("no-instance-id")
    if "action" in form.submission:
        yield _say("own-address", place, url=form.submission["action"])


def _villages(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Ask for exactly one question that names the village, outside of any repeat."""
    found = form.role_paths.get("village", ())
    if not found:
        yield _say("no-village", Place(SURVEY) if origins.sheets else NOWHERE)
    for path in found:
        place, name = origins.of(path, "role"), path[-1]
        if path != found[0]:
            yield _say("two-villages", place, path, name=name, first=found[0][-1])
        if form.nodes[path].is_in_repeat:
            yield _say("village-in-repeat", place, path, name=name)


def _roles(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Refuse a role that nobody knows: it is mistyped, and would do nothing."""
    known = ", ".join(sorted(ROLES))
    for role, paths in form.role_paths.items():
        for path in paths if role not in ROLES else ():
            place = origins.of(path, "role")
            yield _say("unknown-role", place, path, role=role, known=known)


def _suiting(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Refuse a role that stands on what it has no mask or no meaning for."""
    for path, node in form.nodes.items():
        kind = node.bind.type if node.is_leaf else "group"
        place = origins.of(path, "role")
        for role in sorted(node.bind.roles & ROLES):
            if not suits(role, kind, is_leaf=node.is_leaf):
                told = {"name": node.name, "kind": kind}
                yield _say("role-type", place, path, role=role, **told)
        masks = sorted(node.bind.roles & MASKED_ROLES - {PERSONAL})
        if len(masks) > 1:
            roles = ", ".join(masks)
            yield _say("two-masks", place, path, name=node.name, roles=roles)


def _personal(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Point to what is named like a number of a person, and is not marked as one."""
    for path, node in form.nodes.items():
        is_asked = node.control is not None and node.control.kind in {"input", "secret"}
        words = set(node.name.lower().split("_"))
        if is_asked and words & _PERSONAL and path not in form.personal:
            yield _say("personal", origins.of(path, "role"), path, name=node.name)


def _logic(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Tell what phones load, and fail on when they come to it."""
    for each in form.warnings:
        place = origins.of(each.path, each.attribute)
        told = {"attribute": each.attribute, "reason": each.reason}
        yield _say("logic", place, each.path, **told)


def _references(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Point to paths that lead to no node, and so read as empty on phones.

    In a soft rule, which is ours alone, that is an error.
    """
    for path, node in form.nodes.items():
        for attribute, expression in node.expressions():
            for wrong in sorted(unknown_nodes(expression, form)):
                place = origins.of(path, attribute)
                told = {"attribute": attribute, "node": path_text(wrong)}
                remark = _say("unknown-node", place, path, **told)
                severity: Severity = "error" if attribute == "warn" else "warning"
                yield Remark(severity, remark.code, remark.text, place, remark.path)


def unknown_nodes(expression: Expression, form: FormDefinition) -> Iterator[Path]:
    """Give the paths that lead nowhere; the root's own name is not compared.

    An attribute stands beside the path of its node.
    """
    for reference in expression.references:
        inner = reference[1:]
        if reference[:1] == ("**",) or reference in form.nodes:
            continue
        if any(name.startswith("@") for name in reference[-1:]):
            continue
        if not any(matches(path[1:], inner) for path in form.nodes):
            yield reference


def _columns(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Point to columns that a list lacks: the filter then leaves no choice at all."""
    for path, node in form.nodes.items():
        for attribute, expression in node.expressions():
            for tree in _within(syntax_tree(expression.source)):
                for name, column in dict.fromkeys(_lacking(tree, form)):
                    place = origins.of(path, attribute)
                    told = {"attribute": attribute, "list": name, "column": column}
                    yield _say("unknown-column", place, path, **told)


def _lacking(tree: Tree, form: FormDefinition) -> Iterator[tuple[str, str]]:
    """Follow a path into a list, and name what none of its rows has."""
    match tree:
        case XPath(_, Call("instance", (Text(name),)), (_, *steps)):
            items = [form.instances[name]] if name in form.instances else []
            for depth, step in enumerate(steps):
                inner = [each.by_name.get(step.test, ()) for each in items]
                found = [child for children in inner for child in children]
                if depth and items and not found:
                    yield name, step.test
                items = found
                for column in (c for each in step.predicates for c in _named(each)):
                    if items and not any(column in each.by_name for each in items):
                        yield name, column


def _named(tree: Tree) -> Iterator[str]:
    """Name the columns of its own row that a predicate reads."""
    match tree:
        case XPath(False, None, (Step("child", name), *_)):
            yield name
        case XPath():
            return
        case _:
            for part in parts_of(tree):
                yield from _named(part)


def _within(tree: Tree) -> Iterator[Tree]:
    yield tree
    for part in parts_of(tree):
        yield from _within(part)


def _patterns(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Point to patterns that phones cannot read: they fail when they come to them."""
    for path, node in form.nodes.items():
        for attribute, expression in node.expressions():
            for tree in _within(syntax_tree(expression.source)):
                match tree:
                    case Call("regex", (_, Text(pattern))) if _is_unreadable(pattern):
                        place = origins.of(path, attribute)
                        told = {"attribute": attribute, "pattern": pattern}
                        yield _say("bad-pattern", place, path, **told)


def _is_unreadable(pattern: str) -> bool:
    try:
        matches_pattern(pattern, "", _STEPS)
    except XPathError:
        return True
    return False


def _never(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Point to questions that can never apply."""
    for path, node in form.nodes.items():
        relevant = node.bind.relevant
        if relevant is not None and relevant.source.strip() in {"false()", "0"}:
            place = origins.of(path, "relevant")
            yield _say("never-relevant", place, path, name=node.name)


def _labels(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Ask for a label of each question, in each language that the form has."""
    codes = [language_code(name) for name in form.languages]
    for code in SHOWN:
        if codes and code not in codes:
            yield _say("no-language", code=code)
    for path, node in form.nodes.items():
        if node.control is None:
            continue
        told = node.control.labels
        place = origins.of(path, "label")
        if not any(told.values()):
            yield _say("no-label", place, path, name=node.name)
            continue
        for code in codes:
            if not told.get(code):
                yield _say("label-language", place, path, name=node.name, code=code)


def _messages(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Ask for the words of each rule, which pyxform cannot fill with answers."""
    for path, node in form.nodes.items():
        bind = node.bind
        for attribute, expression, told in (
            ("constraint", bind.constraint, bind.constraint_message),
            ("warn", bind.warn, bind.warn_message),
        ):
            if expression is not None and not any(told.values()):
                place = origins.of(path, attribute)
                names = {"attribute": attribute, "name": node.name}
                yield _say("no-message", place, path, **names)
    for row in origins.sheets.get(SURVEY, ()):
        for column, cell in row.cells.items():
            if _OWN_MESSAGE.match(column) and "${" in cell:
                yield _say("message-reference", origins.at(row, column))


def _lists(form: FormDefinition, origins: Origins) -> Iterator[Remark]:
    """Point to lists that no question uses, and name those that are elsewhere."""
    used = " ".join(
        cell for row in origins.sheets.get(SURVEY, ()) for cell in row.cells.values()
    )
    seen = {""}
    for row in origins.sheets.get("choices", ()):
        place = origins.at(row, "list_name")
        name = row.cells.get(place.column, "")
        if name in seen:
            continue
        seen.add(name)
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", used):
            yield _say("unused-list", place, name=name)
    for name, source in sorted(form.missing_instances.items()):
        if name not in form.last_saved_instances:
            yield _say("missing-list", name=name, source=source)


RULES: tuple[Rule, ...] = (
    _identity,
    _villages,
    _roles,
    _suiting,
    _references,
    _logic,
    _columns,
    _patterns,
    _never,
    _labels,
    _messages,
    _personal,
    _lists,
)
