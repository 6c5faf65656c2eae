"""Read actions: what the phone writes into nodes by itself (ODK XForms, 9)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fieldapp.xform.binds import BindReader
from fieldapp.xform.definition import Action, Path
from fieldapp.xform.document import ACTIONS
from fieldapp.xform.markup import ODK, Element, attribute_of, local_name
from fieldapp.xform.references import PrimaryNames
from fieldapp.xform.refusals import formula_refusal, refusal
from fieldapp.xform.xpath import Expression, compile_xpath
from fieldapp.xform.xpath.errors import XPathError

LOAD_EVENTS = frozenset(
    {"odk-instance-first-load", "odk-instance-load", "xforms-ready"}
)
_NEW_REPEAT = "odk-new-repeat"
_EVENTS = LOAD_EVENTS | {
    _NEW_REPEAT,
    "xforms-revalidate",
    "xforms-value-changed",
    "jr-insert",
}


@dataclass(frozen=True, slots=True)
class ActionReader:
    """Reads actions; `bind_paths` are those of binds with an id."""

    names: PrimaryNames
    bind_paths: Mapping[str, Path]
    binds: BindReader

    def read_all(self, model: Element, shown: Iterable[Element]) -> tuple[Action, ...]:
        """Read the actions of the model and those of questions and repeats.

        :raises FormError: naming the first that JavaRosa does not accept.
        """
        in_model = [each for each in model.iterchildren("*") if _is_action(each)]
        return (
            *(self._read(element, is_in_model=True) for element in in_model),
            *(self._read(element, is_in_model=False) for element in shown),
        )

    def _read(self, element: Element, *, is_in_model: bool) -> Action:
        name = local_name(element)
        events = _events(element, is_in_model=is_in_model)
        if name != "setvalue" and element.tag != f"{{{ODK}}}{name}":
            raise refusal("action-namespace", name=name)
        path = self._target(element)
        if name == "recordaudio" and not LOAD_EVENTS.issuperset(events):
            raise refusal("action-load", path, name=name)
        source = attribute_of(element, "value") if name == "setvalue" else None
        return Action(
            name=name,
            path=path,
            events=frozenset(events),
            value=self._compile(source, path),
            text=(element.text or "") if source is None else "",
            is_in_model=is_in_model,
        )

    def _target(self, element: Element) -> Path:
        """Find the node to write to; a relative reference starts above the root."""
        name = local_name(element)
        bind_id = attribute_of(element, "bind") if name == "setvalue" else None
        if bind_id is not None:
            if bind_id not in self.bind_paths:
                raise refusal("no-bind-id", name=bind_id)
            return self.bind_paths[bind_id]
        reference = attribute_of(element, "ref")
        if reference is None:
            raise refusal("no-node", name=name, needed="ref")
        return self.names.read(reference, ())

    def _compile(self, source: str | None, path: Path) -> Expression | None:
        """Compile a value; unknown functions fail only when they are called."""
        if source is None or not source.strip():
            return None
        try:
            expression = compile_xpath(source, context=path, defer_unknown=True)
        except XPathError as error:
            raise formula_refusal(error, path, "setvalue") from error
        self.binds.count(expression, path)
        return expression


def _is_action(element: Element) -> bool:
    return local_name(element) in ACTIONS


def _events(element: Element, *, is_in_model: bool) -> list[str]:
    """Name the events; one space stands between them, as JavaRosa parts them."""
    name, event = local_name(element), attribute_of(element, "event")
    events = (event or "").rstrip(" ").split(" ")
    if not _EVENTS.issuperset(events):
        raise refusal("action-event", name=name, event=event)
    if is_in_model and _NEW_REPEAT in events:
        raise refusal("action-place", name=name)
    return events
