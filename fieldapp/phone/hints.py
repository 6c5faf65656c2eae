"""What a constraint itself says about the answers that it lets through."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from fieldapp.xform.evaluate import context_of
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.node import Node, XPathValue
from fieldapp.xform.xpath import Expression, XPathError
from fieldapp.xform.xpath.compiler import compile_tree
from fieldapp.xform.xpath.parser import parse
from fieldapp.xform.xpath.patterns.reading import read_pattern
from fieldapp.xform.xpath.patterns.tree import (
    Atomic,
    Character,
    Choice,
    Group,
    Part,
    Repeat,
    Sequence,
)
from fieldapp.xform.xpath.scope import Findings, Scope
from fieldapp.xform.xpath.syntax import (
    Call,
    Chain,
    Negative,
    Path,
    Step,
    Text,
    Tree,
)

DOT = Path(is_absolute=False, start=None, steps=(Step("self", "node()"),))
COMPARING = {"=", "<", "<=", ">", ">="}
USUAL = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,/-+_@:()"
LONGEST_TAIL = 4
"""How much longer than it must be a repeated part is made."""


@dataclass(frozen=True)
class Hints:
    """Values that the answer is compared with here and now, and its patterns."""

    values: tuple[XPathValue, ...] = ()
    patterns: tuple[str, ...] = ()


def hints_of(constraint: Expression | None, judgement: Judgement, node: Node) -> Hints:
    """Read a constraint as it stands at one node."""
    if constraint is None:
        return Hints()
    scope = Scope(constraint.source, Findings(), compile_tree, context=node.path)
    context = context_of(judgement)
    context.node = node
    values: list[XPathValue] = []
    patterns: list[str] = []
    for part in _parts(parse(constraint.source)):
        if isinstance(part, Call):
            patterns += _pattern(part)
            continue
        for other in _compared(part):
            try:
                values.append(compile_tree(other, scope).value(context))
            except XPathError:
                continue
    return Hints(tuple(values), tuple(patterns))


def matching(pattern: str, chance: random.Random) -> str:
    """Make a text for a regular expression; look-arounds are left to luck.

    :raises XPathError: if the pattern cannot be read.
    """
    return _sample(read_pattern(pattern), chance)


def _parts(tree: Tree) -> Iterator[Tree]:
    pending = [tree]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, Chain):
            pending.extend(part.operands)
        elif isinstance(part, Call):
            pending.extend(part.arguments)
        elif isinstance(part, Negative):
            pending.append(part.operand)


def _pattern(call: Call) -> list[str]:
    if call.name != "regex" or call.arguments[:1] != (DOT,):
        return []
    return [each.value for each in call.arguments[1:] if isinstance(each, Text)]


def _compared(part: Tree) -> list[Tree]:
    if not isinstance(part, Chain) or not COMPARING.issuperset(part.operators):
        return []
    if DOT not in part.operands:
        return []
    return [each for each in part.operands if each != DOT]


def _sample(part: Part, chance: random.Random) -> str:
    if isinstance(part, Sequence):
        return "".join(_sample(each, chance) for each in part.parts)
    if isinstance(part, Choice):
        return _sample(chance.choice(part.options), chance)
    if isinstance(part, Repeat):
        most = min(part.most, part.least + LONGEST_TAIL)
        times = chance.randint(part.least, most)
        return "".join(_sample(part.part, chance) for _ in range(times))
    if isinstance(part, Group | Atomic):
        return _sample(part.part, chance)
    if isinstance(part, Character):
        return chance.choice(_characters(part.source))
    return ""


@lru_cache(maxsize=256)
def _characters(source: str) -> str:
    pattern = re.compile(source)
    usual = "".join(each for each in USUAL if pattern.fullmatch(each))
    if usual:
        return usual
    rare = (chr(code) for code in range(0x20, 0x3000))
    return next((each for each in rare if pattern.fullmatch(each)), "?")
