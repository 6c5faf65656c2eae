"""What a revision is compared by, and what is odd about it alone: pure.

Nothing here asks the database: a judged entry, its files and the values of others go
in, a profile comes out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from fieldapp.quality import limits
from fieldapp.quality.audit import Audit
from fieldapp.quality.limits import FormLimits
from fieldapp.quality.marks import clean_name, clean_nik, digest_of
from fieldapp.quality.measures import (
    Point,
    far_point,
    is_comparable,
    is_outside,
    is_point,
    usual_of,
)
from fieldapp.quality.models import FlagCode
from fieldapp.xform.definition import FormDefinition, NodeDefinition, Path, path_text
from fieldapp.xform.judgement import Judgement, indexed_path, nodes_at
from fieldapp.xform.node import Node
from fieldapp.xform.values import read_point

NUMBERS = frozenset({"int", "long", "decimal"})
NO_QUANTITIES = frozenset({"subject", "village"})
"""Roles of questions whose numbers only name something."""
SECONDS = "seconds"
"""The name of how long the entry took, among its numbers: no path is written so."""
FINANCE = "finance"
"""Of what tells of a person, only money is compared, and never told in a flag."""


@dataclass(frozen=True)
class Origin:
    """Whose a revision is, and where it stands."""

    submission_id: str
    form_id: str
    area_code: str
    author_id: str
    captured_on: str
    received_at: datetime
    captured_at: datetime | None


@dataclass(frozen=True)
class Trait:
    """What should be no other entry's."""

    kind: FlagCode
    digest: bytes
    holder: bytes
    path: str = ""
    most: int = limits.ALONE


@dataclass(frozen=True)
class Finding:
    """Something odd; ``mark`` tells it from another one of the same question."""

    code: FlagCode
    path: str = ""
    mark: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Profile:
    """All that flags need of a revision."""

    began_at: datetime | None
    ended_at: datetime | None
    spot: Point | None
    numbers: Mapping[str, list[float]]
    points: Mapping[str, list[Point]]
    places: Sequence[tuple[str, str, float | Point]]
    """Each compared value: its path with the items of repeats, without, itself."""
    untold: frozenset[str]
    """The paths of numbers that are compared, and not told."""
    traits: Sequence[Trait]
    findings: Sequence[Finding]


@dataclass(frozen=True)
class Others:
    """What the others of the village say, by the path of the question."""

    numbers: Mapping[str, Sequence[float]]
    points: Mapping[str, Sequence[Point]]


class Examination:
    """Read one judged entry for what flags need."""

    def __init__(
        self,
        judgement: Judgement,
        origin: Origin,
        form: FormLimits,
        *,
        secret_key: str,
    ) -> None:
        self.judgement = judgement
        self.definition: FormDefinition = judgement.definition
        self.origin = origin
        self.form = form
        self.secret_key = secret_key

    def profile(
        self, files: Mapping[str, bytes | None], audit: Audit | None
    ) -> Profile:
        """Read all; ``files`` are the digests of the entry's files by name."""
        began_at, ended_at = self._moment("start"), self._moment("end")
        numbers, points = self._numbers(), self._points()
        if began_at and ended_at and ended_at > began_at:
            seconds = (ended_at - began_at).total_seconds()
            numbers.append(("", SECONDS, seconds))
        measured = [value for _, _, value, _ in points]
        findings = [
            *self._outside(points),
            *self._clock(began_at, ended_at, audit),
            *self._birth_year(),
            *self._hurried(numbers, audit),
        ]
        return Profile(
            began_at=began_at,
            ended_at=ended_at or self.origin.captured_at,
            spot=measured[0] if measured else None,
            numbers=_grouped((path, value) for _, path, value in numbers),
            points=_grouped((path, value) for _, path, value, _ in points),
            places=[*numbers, *((where, path, at) for where, path, at, _ in points)],
            untold=frozenset(path_text(path) for path in self.definition.personal),
            traits=self._without_off([*self._traits(points), *self._photos(files)]),
            findings=self._without_off(findings),
        )

    def _without_off(self, found: Sequence[Any]) -> list[Any]:
        return [
            each
            for each in found
            if getattr(each, "kind", None) not in self.form.off
            and getattr(each, "code", None) not in self.form.off
        ]

    def _moment(self, name: str) -> datetime | None:
        path = self.definition.start_path
        if name == "end":
            path = self.definition.end_path
        for node in nodes_at(self.judgement.root, path) if path else ():
            if isinstance(node.value, datetime):
                return node.value
        return None

    def _answered(self, path: Path) -> list[Node]:
        nodes = nodes_at(self.judgement.root, path)
        return [node for node in nodes if node.is_relevant and node.text]

    def _numbers(self) -> list[tuple[str, str, float]]:
        return [
            (self._where(node), path_text(path), node.value)
            for path, question in self.definition.nodes.items()
            if self._is_quantity(path, question)
            for node in self._answered(path)
            if isinstance(node.value, float) and is_comparable(node.value)
        ]

    def _is_quantity(self, path: Path, question: NodeDefinition) -> bool:
        bind = question.bind
        is_asked = question.control is not None and bind.calculate is None
        if not is_asked or bind.type not in NUMBERS or bind.roles & NO_QUANTITIES:
            return False
        return self.definition.personal.get(path, FINANCE) == FINANCE

    def _points(self) -> list[tuple[str, str, Point, str]]:
        """List the points: where they stand, their question, themselves, as sent."""
        found = []
        for path, question in self.definition.nodes.items():
            if question.bind.type != "geopoint" or question.bind.calculate is not None:
                continue
            for node in self._answered(path):
                point = read_point(node.text)
                if point is not None and is_point(point[0], point[1]):
                    written = " ".join(str(number) for number in point)
                    at = (point[0], point[1])
                    found.append((self._where(node), path_text(path), at, written))
        return found

    def _where(self, node: Node) -> str:
        return indexed_path(node, self.definition.repeats)

    def _traits(self, points: Sequence[tuple[str, str, Point, str]]) -> list[Trait]:
        holder = self._holder()
        day = (self.origin.author_id, self.origin.form_id, self.origin.captured_on)
        own = self._digest("entry", self.origin.submission_id)
        traits = [
            Trait(
                FlagCode.TOO_MANY,
                self._digest("day", *day),
                own,
                most=self.form.most_per_day,
            )
        ]
        traits += [
            Trait(FlagCode.SAME_POINT, self._digest("point", written), holder, where)
            for where, _, _, written in points
        ]
        return [*traits, *self._people(holder)]

    def _people(self, holder: bytes) -> list[Trait]:
        """Say whom the entry is about; people inside repeats may come again."""
        traits, form_id = [], self.origin.form_id
        (nik_path, nik), (name_path, name), (_, year) = (
            self._role("nik"),
            self._role("name"),
            self._role("birth_year"),
        )
        number = clean_nik(nik)
        if number:
            digest = self._digest("nik", form_id, number)
            traits.append(Trait(FlagCode.SAME_NIK, digest, holder, nik_path))
        compared = clean_name(name)
        if compared and year:
            digest = self._digest(
                "person", form_id, self.origin.area_code, compared, _plain(year)
            )
            traits.append(Trait(FlagCode.SAME_PERSON, digest, holder, name_path))
        return traits

    def _holder(self) -> bytes:
        """Name whose entry it is: entries about one subject may share much."""
        subjects = [
            node.text.casefold().strip()
            for path in self.definition.subject_paths
            if not self.definition.nodes[path].is_in_repeat
            for node in self._answered(path)
        ]
        if subjects:
            return self._digest("subject", self.origin.form_id, *subjects)
        return self._digest("entry", self.origin.submission_id)

    def _role(self, role: str) -> tuple[str, str]:
        """Give the first answer that has a role, with its path; empty where none."""
        for path in self.definition.role_paths.get(role, ()):
            if not self.definition.nodes[path].is_in_repeat:
                for node in self._answered(path):
                    return path_text(path), node.text.strip()
        return "", ""

    def _photos(self, files: Mapping[str, bytes | None]) -> list[Trait]:
        own = self._digest("entry", self.origin.submission_id)
        traits = []
        for path in self.definition.attachment_paths:
            control = self.definition.nodes[path].control
            if control is None or not control.mediatype.startswith("image/"):
                continue
            for node in self._answered(path):
                content = files.get(node.text)
                if content is not None:
                    digest = self._digest("photo", content.hex())
                    traits.append(
                        Trait(FlagCode.SAME_PHOTO, digest, own, self._where(node))
                    )
        return traits

    def _outside(self, points: Sequence[tuple[str, str, Point, str]]) -> list[Finding]:
        return [
            Finding(FlagCode.POINT_OUTSIDE, where, written)
            for where, _, point, written in points
            if is_outside(point)
        ]

    def _clock(
        self,
        began_at: datetime | None,
        ended_at: datetime | None,
        audit: Audit | None,
    ) -> list[Finding]:
        findings = []
        claimed = self.origin.captured_at
        ahead = claimed - self.origin.received_at if claimed else None
        if ahead and limits.CLOCK_AHEAD < ahead <= limits.CLOCK_WARNED:
            minutes = round(ahead.total_seconds() / 60)
            findings.append(Finding(FlagCode.CLOCK_AHEAD, detail={"minutes": minutes}))
        back = audit.clock_back_seconds if audit else 0.0
        if began_at and ended_at:
            back = max(back, (began_at - ended_at).total_seconds())
        if back > limits.CLOCK_BACK.total_seconds():
            detail = {"minutes": round(back / 60)}
            findings.append(Finding(FlagCode.CLOCK_CHANGED, detail=detail))
        return findings

    def _hurried(
        self, numbers: Sequence[tuple[str, str, float]], audit: Audit | None
    ) -> list[Finding]:
        """Compare with what the form says it takes at least."""
        took = [seconds for _, path, seconds in numbers if path == SECONDS]
        if audit and audit.active_seconds:
            took.append(audit.active_seconds)
        if not took or min(took) >= self.form.least_minutes * 60:
            return []
        detail = {"seconds": round(min(took)), "least": self.form.least_minutes * 60}
        return [Finding(FlagCode.TOO_FAST, mark="form", detail=detail)]

    def _birth_year(self) -> list[Finding]:
        """Compare the year of birth with the two digits of it in the NIK."""
        path, nik = self._role("nik")
        _, year = self._role("birth_year")
        number, plain = clean_nik(nik), _plain(year)
        if not number or not plain.isascii() or not plain.isdecimal():
            return []
        if int(plain) % limits.YEARS_OF_A_CENTURY == int(number[10:12]):
            return []
        mark = self._digest("birth", number, plain).hex()
        return [Finding(FlagCode.NIK_BIRTH_YEAR, path, mark)]

    def _digest(self, *parts: str) -> bytes:
        return digest_of(self.secret_key, *parts)


def compare(profile: Profile, others: Others, form: FormLimits) -> list[Finding]:
    """Find what lies far from what the others of the village say."""
    findings = []
    for where, path, value in profile.places:
        if isinstance(value, tuple):
            found = _far_point(where, value, others.points.get(path, ()))
        else:
            found = _far_number(where, path, value, others.numbers.get(path, ()))
            if found is not None and path in profile.untold:
                detail = {"count": found.detail["count"]}
                found = replace(found, detail=detail)
        if found is not None and found.code not in form.off:
            findings.append(found)
    return findings


def _far_number(
    where: str, path: str, value: float, others: Sequence[float]
) -> Finding | None:
    usual = usual_of(others)
    if usual is None or not usual.is_far(value):
        return None
    detail = {
        "value": value,
        "middle": usual.middle,
        "low": usual.low,
        "high": usual.high,
        "count": usual.count,
    }
    if path != SECONDS:
        return Finding(FlagCode.NUMBER_FAR, where, repr(value), detail)
    if value > usual.low:
        return None
    return Finding(FlagCode.TOO_FAST, mark="village", detail=detail)


def _far_point(where: str, point: Point, others: Sequence[Point]) -> Finding | None:
    far = far_point(point, others)
    if far is None:
        return None
    detail = {"km": far.distance, "usual_km": far.usual, "count": far.count}
    return Finding(FlagCode.POINT_FAR, where, repr(point), detail)


def _plain(year: str) -> str:
    return year.removesuffix(".0")


def _grouped(pairs: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for path, value in pairs:
        found.setdefault(path, []).append(value)
    return found
