import pytest

from fieldapp.xform.xpath import (
    XPathFunctionError,
    XPathLimit,
    XPathSyntaxError,
    XPathTypeError,
    compile_xpath,
)
from fieldapp.xform.xpath.functions import FUNCTIONS, Function
from fieldapp.xform.xpath.functions.registry import register
from tests.xform.xpath.record import make_evaluation

INSIDE = ("data", "rep", "nm")


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("/data/int + 1", {("data", "int")}),
        ("../qty > 5", {("data", "rep", "qty")}),
        (". != ''", {INSIDE}),
        ("current()/../tag", {("data", "rep", "tag")}),
        ("count(../../rep)", {("data", "rep")}),
        ("sum(/data/rep/sub/v)", {("data", "rep", "sub", "v")}),
        ("string-length()", {INSIDE}),
        ("/data/rep[qty > /data/int]/tag", {
            ("data", "rep", "tag"), ("data", "rep", "qty"), ("data", "int"),
        }),
        ("instance('f')/root/item[name = current()/../tag]/label", {
            ("data", "rep", "tag"),
        }),
        ("indexed-repeat(/data/rep/qty, /data/rep, /data/int)", {
            ("data", "rep", "qty"), ("data", "int"),
        }),
        ("jr:choice-name('a', '/data/one')", {("data", "one")}),
        ("/data/list/*", {("data", "list", "*")}),
        ("/data/*/qty", {("data", "rep", "qty")}),
        ("if(1, /data/a, ../b)", {("data", "a"), ("data", "rep", "b")}),
    ],
)  # fmt: skip
def test_expression_tells_the_paths_that_it_reads(
    source: str, paths: set[tuple[str, ...]]
) -> None:
    assert compile_xpath(source, context=INSIDE).references == paths


def test_expression_tells_the_instances_that_it_reads() -> None:
    expression = compile_xpath(
        "concat(instance('a')/root/item, pulldata('b.csv', 'x', 'y', 'z'))"
    )

    assert expression.instances == {"a", "b"}
    assert expression.references == frozenset()


@pytest.mark.parametrize("source", ["now()", "today()", "1 + random()", "uuid()"])
def test_expression_with_another_value_each_time_is_volatile(source: str) -> None:
    assert compile_xpath(source).is_volatile
    assert not compile_xpath("date('2024-01-01')").is_volatile


def test_expression_on_literals_is_computed_once() -> None:
    assert compile_xpath("substr('maize', 0, 2)").literal == "ma"
    assert compile_xpath("-5").literal == -5.0
    assert compile_xpath("/data/int").literal is None


@pytest.mark.parametrize(
    ("source", "position"),
    [("1 +", 3), ("'open", 0), ("a b", 2), ("(1", 2), ("a::b", 0), ("x[", 2),
     ("..[1]", 2), ("$", 0), ("f(1,)", 4), ("/data/", 6), ("1 ! 2", 2),
     ("@", 1), ("\u0663", 0),
     ("child::foo()", 10)],
)  # fmt: skip
def test_syntax_error_says_where_it_is(source: str, position: int) -> None:
    with pytest.raises(XPathSyntaxError) as caught:
        compile_xpath(source)

    assert caught.value.source == source
    assert caught.value.position == position


def test_unknown_function_is_refused_by_name() -> None:
    with pytest.raises(XPathFunctionError, match=r"no function colour\(\)"):
        compile_xpath("1 + colour('red')")


def test_wrong_number_of_arguments_is_refused() -> None:
    with pytest.raises(XPathFunctionError, match=r"if\(\) does not take 2 arguments"):
        compile_xpath("if(1, 2)")


def test_unknown_function_may_stand_where_it_is_not_reached() -> None:
    expression = compile_xpath("if(true(), 1, colour())", defer_unknown=True)

    assert expression.value(make_evaluation()) == 1.0
    with pytest.raises(XPathTypeError):
        compile_xpath("colour()", defer_unknown=True).value(make_evaluation())


def test_no_function_is_registered_twice() -> None:
    taken = FUNCTIONS["if"]

    with pytest.raises(ValueError, match="registered twice"):
        register(Function("if", 0, 0, taken.build))


@pytest.mark.parametrize(
    "source",
    [
        "(" * 5_000 + "1" + ")" * 5_000,
        "x" * 40_000,
        "/data/rep[" * 300 + "1" + "]" * 300,
        "instance('f')/root/item[a = " * 30 + "1" + "]" * 30,
    ],
)
def test_expression_of_absurd_size_is_refused(source: str) -> None:
    with pytest.raises(XPathLimit):
        compile_xpath(source)


def test_expression_too_deep_for_the_stack_is_refused() -> None:
    def compile_below(frames: int) -> None:
        if frames:
            compile_below(frames - 1)
        else:
            compile_xpath("not(" * 150 + "1" + ")" * 150)

    with pytest.raises(XPathLimit):
        compile_below(500)


@pytest.mark.parametrize(
    "source",
    ["if(1 = 1, " * 100 + "1" + ", 2)" * 100,
     " or ".join(["0"] * 4_000),
     " = ".join(["1"] * 4_000), "+".join(["1"] * 4_000), "-" * 9_999 + "1"],
)  # fmt: skip
def test_long_expressions_of_real_forms_are_evaluated(source: str) -> None:
    expression = compile_xpath(source)

    assert expression.value(make_evaluation()) in {0.0, 1.0, 4_000.0, -1.0}
