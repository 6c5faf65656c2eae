from hypothesis import given, settings
from hypothesis import strategies as st

from fieldapp.xform.xpath import XPathError, compile_xpath
from fieldapp.xform.xpath.patterns import matches
from tests.xform.xpath.record import make_evaluation, make_record

RECORD = make_record()
PIECES = st.sampled_from(
    [
        "/data/rep",
        "/data/int",
        "..",
        ".",
        "[",
        "]",
        "(",
        ")",
        "'a'",
        "1",
        "0.5",
        ",",
        "-",
        "*",
        " and ",
        " or ",
        " div ",
        " mod ",
        "=",
        "!=",
        "<",
        ">=",
        "|",
        "//",
        "@id",
        "nm",
        "concat(",
        "if(",
        "date(",
        "count(",
        "regex(",
        "substr(",
        "indexed-repeat(",
        "max(",
        "instance('fruits')/root/item",
        "current()/",
        "position()",
        "distance(",
        "pow(",
        "$x",
        "format-date(",
        "selected-at(",
        "round(",
        "9999999999",
        "'%Y'",
        "'2024-02-29'",
        "\x00",
    ]
)
REGEX_PIECES = st.sampled_from("ab01.*+?|()[]{}^$\\-,&:=<>!dwsbBpLQEé \n")


@settings(max_examples=300, deadline=None, database=None)
@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40))
def test_whatever_is_written_ends_in_a_value_or_an_xpath_error(source: str) -> None:
    evaluation = make_evaluation("/data/rep[2]/nm", RECORD)
    evaluation.steps = 20_000

    try:
        found = compile_xpath(source, context=("data", "rep", "nm")).evaluate(
            evaluation
        )
    except XPathError:
        return

    # A variable has no value.
    assert found is not None or "$x" in source


@settings(max_examples=300, deadline=None, database=None)
@given(
    st.lists(REGEX_PIECES, max_size=20).map("".join), st.text("ab01é \n", max_size=12)
)
def test_whatever_pattern_is_written_ends_in_an_answer_or_an_xpath_error(
    pattern: str, text: str
) -> None:
    try:
        found, steps = matches(pattern, text, 20_000)
    except XPathError:
        return

    assert isinstance(found, bool)
    assert steps > 0
