"""What a form asks and demands, compiled once and read by every evaluation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from fieldapp.xform.markup import Element
from fieldapp.xform.node import Node
from fieldapp.xform.place import NOWHERE, Place
from fieldapp.xform.translations import Translations, text_for
from fieldapp.xform.values import ValueType
from fieldapp.xform.xpath import Expression

Path = tuple[str, ...]
"""Element names from the root of the primary instance, without namespaces."""

_MAX_REASON = 2_000
_MAX_AROUND = 100

StepKind = Literal["calculate", "relevant", "required", "readonly"]


class FormError(ValueError):
    """A form cannot be used; says why and where. Made by `refusals.refusal`.

    `texts` are the reason by language, without the place. `path` is the node's and
    `attribute` what of it is wrong, such as `constraint`; `place` is the cell of the
    form file, where it is known. `around` are the nodes and attributes of a circle.
    """

    def __init__(
        self,
        code: str,
        texts: Translations,
        path: str = "",
        *,
        attribute: str = "",
        place: Place = NOWHERE,
        around: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(texts["en"][:_MAX_REASON])
        self.code = code
        self.texts = {name: text[:_MAX_REASON] for name, text in texts.items()}
        self.path = path[:_MAX_REASON]
        self.attribute = attribute
        self.place = place
        self.around = around[:_MAX_AROUND]

    def __str__(self) -> str:
        return self.told("en")

    def told(self, language: str) -> str:
        """Say it with its place, as far as that is known without the form file."""
        way = " → ".join(f"{path} ({kind})" for path, kind in self.around)
        where = self.place.told(language) or self.path
        parts = (where, f"{self.texts[language]} {way}".strip())
        return ": ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class FormWarning:
    """What phones accept in a form, and is yet wrong with it."""

    path: str
    attribute: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.attribute}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Bind:
    """What `<bind>` demands of a node (ODK XForms, 5.3)."""

    type: str = "string"
    relevant: Expression | None = None
    required: Expression | None = None
    required_message: Translations = field(default_factory=dict)
    readonly: Expression | None = None
    constraint: Expression | None = None
    constraint_message: Translations = field(default_factory=dict)
    calculate: Expression | None = None
    preload: str = ""
    preload_params: str = ""
    roles: frozenset[str] = frozenset()
    warn: Expression | None = None
    warn_message: Translations = field(default_factory=dict)
    save_to: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that a form offers.

    `templates` are its labels as they are written, with `{{…}}` for each output.
    """

    value: str
    labels: Translations
    templates: Translations = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemSet:
    """Choices that are looked up in an instance, often cut by another answer."""

    nodeset: Expression
    value: str
    label: str
    label_is_itext: bool
    instance: str | None
    items_path: Path = ()
    is_copied: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """A question as the body of the form shows it (ODK XForms, 8.1)."""

    kind: str
    labels: Translations
    hints: Translations
    templates: Translations = field(default_factory=dict)
    appearance: str = ""
    mediatype: str = ""
    choices: tuple[Choice, ...] = ()
    itemset: ItemSet | None = None
    offered: frozenset[str] | None = None
    start: float | None = None
    end: float | None = None
    step: float | None = None

    @property
    def is_select(self) -> bool:
        """Tell whether the answer is chosen from a list."""
        return self.kind in {"select", "select1", "rank"}


@dataclass(frozen=True, slots=True)
class Repeat:
    """A group that may stand several times."""

    count: Path | None = None
    count_expression: Expression | None = None
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """What the phone writes into a node by itself (ODK XForms, 9)."""

    name: str
    path: Path
    events: frozenset[str]
    value: Expression | None = None
    text: str = ""
    is_in_model: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class NodeDefinition:
    """A node of the primary instance with all that the form says about it.

    `templates` are its labels with `{{…}}` for each answer that they show, if any.
    """

    index: int
    path: Path
    name: str
    bind: Bind
    value_type: ValueType
    children: tuple["NodeDefinition", ...] = ()
    controls: tuple[Control, ...] = ()
    repeat: Repeat | None = None
    labels: Translations = field(default_factory=dict)
    templates: Translations = field(default_factory=dict)
    default: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    initial_count: int = 1
    template_count: int = 0
    written_count: int = 0
    written_default: str = ""
    offered: frozenset[str] | None = None
    text_path: str = ""
    is_in_repeat: bool = False
    is_set_by_action: bool = False
    children_by_name: Mapping[str, "NodeDefinition"] = field(default_factory=dict)

    @property
    def is_leaf(self) -> bool:
        """Tell whether the node holds an answer."""
        return not self.children

    @property
    def control(self) -> Control | None:
        """Give the first control that shows the node."""
        return self.controls[0] if self.controls else None

    def expressions(self) -> Iterator[tuple[str, Expression]]:
        """Give all formulas of the node by the attribute that has them."""
        bind = self.bind
        named = (
            ("relevant", bind.relevant),
            ("required", bind.required),
            ("readonly", bind.readonly),
            ("constraint", bind.constraint),
            ("calculate", bind.calculate),
            ("warn", bind.warn),
            *(
                ("itemset", each.itemset.nodeset)
                for each in self.controls
                if each.itemset
            ),
        )
        for attribute, expression in named:
            if expression is not None:
                yield attribute, expression


@dataclass(frozen=True, slots=True)
class BodyStep:
    """What the body shows next: a question, a group of them, or a repeat.

    The node is found from the item of the `anchor`-th enclosing repeat (0 is the
    root of the instance) by going down along `names`.
    """

    kind: Literal["question", "group", "repeat"]
    node: NodeDefinition | None
    anchor: int = 0
    names: Path = ()
    control: Control | None = None
    children: tuple["BodyStep", ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One expression whose turn comes when all that it reads is settled.

    It is evaluated on the node itself, or on its ancestor at `depth` if that is set.
    """

    path: Path
    kind: StepKind
    expression: Expression
    node: NodeDefinition
    depth: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class FormDefinition:
    """A whole form version."""

    form_id: str
    version: str
    root: NodeDefinition
    blank: Element
    nodes: Mapping[Path, NodeDefinition]
    titles: Translations
    languages: tuple[str, ...]
    default_language: str
    itext: Mapping[str, Mapping[str, str]]
    instances: Mapping[str, Node]
    missing_instances: Mapping[str, str]
    last_saved_instances: frozenset[str]
    steps: tuple[Step, ...]
    body: tuple[BodyStep, ...]
    submission: Mapping[str, str] = field(default_factory=dict)
    entities_version: str = ""
    village_path: Path | None = None
    subject_paths: tuple[Path, ...] = ()
    personal: Mapping[Path, str] = field(default_factory=dict)
    """The role by which each answer that tells of a person is masked."""
    attachment_paths: tuple[Path, ...] = ()
    role_paths: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    start_path: Path | None = None
    end_path: Path | None = None
    today_path: Path | None = None
    repeats: frozenset[Path] = frozenset()
    warnings: tuple[FormWarning, ...] = ()
    warned: tuple[NodeDefinition, ...] = ()
    calculated: tuple[NodeDefinition, ...] = ()
    conditions: tuple[Step, ...] = ()
    readers: Mapping[Path, Sequence[int]] = field(default_factory=dict)
    """Places in `(*steps, *conditions)` of what reads a node, by its path."""
    actions: tuple[Action, ...] = ()
    fixed_offers: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    listed: Mapping[Path, Mapping[str, Translations]] = field(default_factory=dict)
    fallible_lists: frozenset[Path] = frozenset()
    """Questions whose list reads nodes in a repeat, of which there may be too many."""

    @property
    def title(self) -> str:
        """Give the title as the form has it."""
        return text_for(self.titles, self.default_language)

    @property
    def is_encrypted(self) -> bool:
        """Tell whether phones seal the entries before they send them."""
        return bool(self.submission.get("base64RsaPublicKey"))

    def text(self, text_id: str) -> str:
        """Give one text in the default language, for `jr:itext()`."""
        texts = self.itext.get(self.default_language, {})
        return texts.get(text_id, f"[itext:{text_id}]")

    def labels_for(self, path: Path | str) -> Translations:
        """Give a question's label by language; the name where it has none."""
        node = self.nodes.get(plain_path(path))
        return node.labels if node else {}

    def choice_labels(self, path: Path | str) -> Mapping[str, Translations]:
        """Give the labels of a question's choices by value, as far as they are known.

        Itemsets are listed uncut: a filter hides choices, it does not rename them.
        """
        return self.listed.get(plain_path(path), {})


def plain_path(path: Path | str) -> Path:
    """Read `/data/item[2]/price` as the path of the form's node."""
    if isinstance(path, tuple):
        return path
    return tuple(part.partition("[")[0] for part in path.split("/") if part)


def path_text(path: Path) -> str:
    """Write a path as people see it."""
    return "/" + "/".join(path)
