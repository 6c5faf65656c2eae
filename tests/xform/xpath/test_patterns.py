import time

import pytest

from fieldapp.xform.xpath import XPathError, XPathLimit, XPathTypeError
from fieldapp.xform.xpath.patterns import matches
from fieldapp.xform.xpath.patterns.machine import Budget, Machine
from fieldapp.xform.xpath.patterns.reading import read_pattern
from tests.xform.xpath.test_javarosa import CASES

ENOUGH = 1_000_000


def match(pattern: str, text: str) -> bool:
    return matches(pattern, text, ENOUGH)[0]


def by_machine(pattern: str, text: str) -> bool:
    machine = Machine.of(read_pattern(pattern), captures=True)
    return machine.run(text, 0, Budget(ENOUGH), end=len(text)) is not None


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(a+)+b", "a" * 2_000),
        (r"(a|aa)*c", "a" * 2_000),
        (r"(a*)*b", "a" * 2_000),
        (r"(.*)(.*)(.*)(.*)(.*)x", "a" * 2_000),
        (r"([a-z]+)*=", "a" * 2_000),
        (r"(x+x+)+y", "x" * 2_000),
        (r".*.*.*=.*", "x" * 2_000),
    ],
)
def test_catastrophic_patterns_end_soon(pattern: str, text: str) -> None:
    start = time.process_time()

    assert match(pattern, text) is False

    assert time.process_time() - start < 2.0


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"((a|b)*)*\1c", "ab" * 1_000), (r"(?:a(?=(a+)+))*b", "a" * 2_000)],
)
def test_patterns_without_a_fast_way_are_stopped(pattern: str, text: str) -> None:
    with pytest.raises(XPathLimit):
        match(pattern, text)


@pytest.mark.parametrize(
    "pattern",
    ["(" * 200, "[a" * 100, "a" * 5_000, "(a{0,4000}){0,4000}b" * 9, "(?=a" * 60],
)
def test_patterns_of_absurd_size_are_refused(pattern: str) -> None:
    with pytest.raises(XPathError):
        match(pattern, "x" * 3_000)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"(\w)\1", "aa", True),
        (r"\p{IsLatin}+", "Åe", True),
        (r"\P{script=Javanese}", "\ua980", False),
        (r"\uD83D\uDE00", "\U0001f600", True),
        (r"\uD83Da", "a", False),
        (r"(\w)\1", "ab", False),
        (r"(?<x>\d)-\k<x>", "4-4", True),
        (r"(a*+)a", "aaa", False),
        (r"(?>a|ab)c", "abc", False),
        (r"(?<=a+)b?", "", False),
        (r"a(?<=a+)b", "ab", True),
        (r"(?<!a*b)c", "c", True),
        (r"(a??)*", "aaa", True),
        (r"(\b\w+\b ?)+", "dua kata", True),
        (r"(a{2,3}){2}", "aaaaa", True),
        (r"(a|\R)*", "a\r\na", True),
        (r"(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\10", "abcdefghijj", True),
    ],
)
def test_machine_and_quick_way_agree(pattern: str, text: str, expected: bool) -> None:  # noqa: FBT001
    assert match(pattern, text) is expected
    assert by_machine(pattern, text) is expected


def test_machine_has_the_answers_of_javarosa_too() -> None:
    checked = 0
    for case in (CASES / "regex.ndjson").read_text(encoding="utf-8").splitlines():
        if '"boolean": "' not in case or "\\\\" in case:
            continue
        text, pattern = case.split("regex(")[1].split(')"')[0].split("'")[1::2][:2]
        assert by_machine(pattern, text) is ('"string": "true"' in case), case
        checked += 1

    assert checked > 50


@pytest.mark.parametrize(
    "pattern",
    [r"\y", r"\x{110000}", r"\xZZ", r"\u12", "\\", r"\k<no>", r"\p{Foo}",
     r"\p{Is}", "[z-a]",
                "(?y)", "a{2,1}", "(?<n>a)(?<n>b)", r"[a-\d]", ")", "[[a]"],
)  # fmt: skip
def test_pattern_that_java_does_not_compile_is_refused(pattern: str) -> None:
    with pytest.raises(XPathTypeError):
        match(pattern, "a")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\p{IsAlphabetic}\p{Lu}\p{gc=Nd}", "éÉ5"),
        (r"\p{LC}\P{L}", "a-"),
        (r"(?x) a b # a comment", "ab"),
        (r"(?m)^a$\n^b$", "a\nb"),
        (r"(?s)a.b", "a\nb"),
        (r"(?u)(?i)É", "é"),
        (r"\Qa.b\E+", "a.bb"),
        (r"\Q\E", ""),
        (r"\Qa", "a"),
        (r"[\Qa-z\E]+", "a-z"),
        (r"\cA\0101\x{41}\x41\u0041\t", "\x01AAAA\t"),
        (r"[^a-c&&[a-z]&&[^x]]+", "def"),
        (r"[^[a-c]x]", "y"),
        (r"\p{L1}+", "aé"),
        (r"(\d\d)+", "1234"),
        (r"(\d{2})+", "1234"),
        (r"(?:(?>ab))+", "abab"),
        (r"\h\v\H", "\u00a0\u2028a"),
        (r"(a)\2|b", "b"),
    ],
)
def test_java_syntax_that_python_lacks_is_read(pattern: str, text: str) -> None:
    assert match(pattern, text)
