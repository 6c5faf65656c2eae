import math
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from fieldapp.xform.node import Node
from fieldapp.xform.xpath import (
    Evaluation,
    XPathError,
    XPathLimit,
    XPathTypeError,
    compile_xpath,
    to_boolean,
    to_number,
    to_string,
    unpack,
)
from tests.xform.xpath.record import find, make_evaluation, make_record, value


def test_candidate_stands_for_the_answer_in_a_constraint() -> None:
    evaluation = make_evaluation("/data/int")
    evaluation.dot = 3.0

    inside = compile_xpath(". >= 0 and . <= 5", context=("data", "int"))
    by_path = compile_xpath("/data/int = 3 and ../int = 3", context=("data", "int"))

    assert inside.boolean(evaluation)
    assert by_path.boolean(evaluation)


def test_candidate_stands_for_the_answer_of_any_repeat_in_its_own_constraint() -> None:
    evaluation = make_evaluation("/data/rep[2]/qty")
    evaluation.dot = 5.0
    own = compile_xpath(
        "indexed-repeat(/data/rep/qty, /data/rep, 3)", context=("data", "rep", "qty")
    )
    other = compile_xpath(
        "indexed-repeat(/data/rep/nm, /data/rep, 3)", context=("data", "rep", "qty")
    )

    assert own.value(evaluation) == 5.0
    assert other.value(evaluation) == "r3"
    evaluation.dot = None
    assert own.value(evaluation) == -5.0


def test_path_of_a_repeat_means_the_repeat_that_the_question_is_in() -> None:
    assert value("/data/rep/qty", "/data/rep[2]/nm") == 20.0
    assert value("sum(/data/rep/qty)", "/data/rep[2]/nm") == 20.0
    assert value("sum(../../rep/qty)", "/data/rep[2]/nm") == 25.0
    assert value("sum(/data/rep/qty)", "/data/int") == 25.0


def test_repeated_question_has_no_single_value_outside() -> None:
    with pytest.raises(XPathTypeError, match="qty is repeated"):
        value("/data/rep/qty + 1")


def test_irrelevant_answers_do_not_count() -> None:
    assert value("/data/hid") == ""
    assert value("count(/data/hid)") == 0.0


def test_predicate_leaves_the_context_as_it_was() -> None:
    evaluation = make_evaluation("/data/int")
    failing = compile_xpath("/data/rep[sub/v > 1]/nm", context=("data", "int"))

    with pytest.raises(XPathTypeError):
        failing.value(evaluation)

    assert evaluation.node.name == "int"
    assert evaluation.position is None
    assert evaluation.current is None


def test_step_budget_stops_an_expression_that_explodes() -> None:
    inner = "count(/data/rep[" * 14 + "1" + "]) > 0" * 14
    evaluation = make_evaluation()

    with pytest.raises(XPathLimit):
        compile_xpath(inner, context=("data",)).value(evaluation)


def test_lookup_in_a_list_that_never_changes_is_indexed() -> None:
    evaluation = make_evaluation()
    expression = compile_xpath("instance('fruits')/root/item[name = 'pear']/price")

    assert expression.value(evaluation) == "2"
    assert ("item", "name") in (evaluation.instances["fruits"].indexes or {})
    assert expression.value(evaluation) == "2"


def test_list_with_repeated_keys_is_searched_row_by_row() -> None:
    root = Node("root")
    for names in (["a"], ["b"], ["b", "c"]):
        row = root.append(Node("item"))
        for name in names:
            row.append(Node("name", name))
    evaluation = make_evaluation()
    evaluation.instances = {"list": root.freeze()}

    with pytest.raises(XPathTypeError, match="name is repeated"):
        compile_xpath("count(instance('list')/root/item[name = 'b'])").value(evaluation)


def test_missing_instance_is_named() -> None:
    with pytest.raises(XPathTypeError, match="no instance 'villages'"):
        value("instance('villages')/root/item")


def test_day_and_moment_are_those_of_the_device() -> None:
    evaluation = make_evaluation()
    evaluation.now = datetime(2026, 11, 22, 1, 30, tzinfo=ZoneInfo("Asia/Jakarta"))

    assert compile_xpath("today()").value(evaluation) == date(2026, 11, 22)
    assert compile_xpath("string(now())").value(evaluation) == "2026-11-22"
    moment = compile_xpath("date-time('2026-11-21T20:00:00Z')").value(evaluation)
    assert to_string(moment) == "2026-11-22"
    noon = compile_xpath("decimal-time('2026-11-21T05:00:00Z')").value(evaluation)
    assert noon == pytest.approx(0.5)


def test_values_that_are_none_of_xpath_are_refused() -> None:
    for convert in (to_string, to_number, to_boolean):
        with pytest.raises(XPathTypeError):
            convert(None)


def test_nodes_convert_as_their_only_value() -> None:
    node = Node("x", value=4.0)

    assert unpack([]) == ""
    assert unpack([node]) == to_number([node]) == 4.0
    assert to_string([node]) == "4"
    assert to_boolean([node]) is True
    with pytest.raises(XPathTypeError):
        unpack([node, node])


def test_path_without_a_known_context_is_walked_from_the_node() -> None:
    record = make_record()
    evaluation = make_evaluation("/data/rep[2]/nm", record)

    assert compile_xpath("../qty").value(evaluation) == 20.0
    assert compile_xpath("sum(/data/rep/qty)").value(evaluation) == 25.0
    assert compile_xpath(".").value(evaluation) == "r2"
    with pytest.raises(XPathTypeError, match="above the root"):
        compile_xpath("../../../x").value(evaluation)


@pytest.mark.parametrize(
    "source",
    ["(/data/int)[1]", "/", "//int", "self::int", "a:*", "@*",
     "/data/int | /data/neg", "instance(1)/root", "concat('a')/x", "/data/*",
     "weighted-checklist(1, 2, true())", "randomize('x')", "count(1)", "sum(1)",
     "position('x')", "selected(1, '1')", "distance('91 x')", "area('0 0')",
     "distance('1 2 3 4 5')", "digest('a', 'CRC')",
     "digest('a', 'MD5', 'z85')", "date('x')", "date(true())", "date(1 div 0)",
     "date-time(2147483647)", "decimal-time(1 div 0)", "format-date(1, '%')",
     "format-date(1, '%Q')", "indexed-repeat(1, 2, 3)", "../../x",
     "indexed-repeat(/data/int, /data/rep, 1)", "/data/./rep[1]",
     "indexed-repeat(/data/rep/nm, /data/rep, 1, 2)",
     "count-non-empty(instance('fruits')/root/item)",
     "weighted-checklist(1, 2, /data/rep/nm, /data/grp/x)"],
)  # fmt: skip
def test_what_javarosa_cannot_evaluate_fails_with_a_reason(source: str) -> None:
    with pytest.raises(XPathError):
        value(source)


def test_sibling_of_the_context_is_found_in_linear_time() -> None:
    root = Node("data")
    for number in range(2_000):
        root.append(Node("rep")).append(Node("x", value=float(number)))
    evaluation = make_evaluation(root=root)
    evaluation.node = find(root, "/data/rep[1500]/x")
    expression = compile_xpath(
        "../../rep[position() = position(current()/..) - 1]/x",
        context=("data", "rep", "x"),
    )

    assert expression.value(evaluation) == 1_498.0
    assert evaluation.steps > 0


def test_nothing_is_lost_by_arithmetic_at_the_edges() -> None:
    assert math.isnan(float(str(value("0 div 0"))))
    assert value("1 div (0 - 0)") == math.inf
    assert value("1 div (0 * -1)") == -math.inf
    assert value("5 mod 0 = 1") is False


def test_record_without_hooks_has_no_labels_and_no_properties() -> None:
    bare = Evaluation(node=make_record(), root=make_record())

    assert compile_xpath("jr:choice-name('a', '/data/one')").value(bare) == ""
    assert compile_xpath("concat(jr:itext('x'), property('y'))").value(bare) == ""


def test_list_that_may_change_is_searched_each_time() -> None:
    evaluation = make_evaluation()
    root = Node("root")
    row = root.append(Node("item"))
    name = row.append(Node("name", "pear"))
    evaluation.instances = {"list": root}
    expression = compile_xpath("count(instance('list')/root/item[name = 'pear'])")

    assert expression.value(evaluation) == 1.0
    name.value = "kiwi"
    assert expression.value(evaluation) == 0.0


def test_list_with_typed_keys_is_compared_as_text() -> None:
    evaluation = make_evaluation()
    root = Node("root")
    root.append(Node("item")).append(Node("code", value=7.0))
    evaluation.instances = {"list": root.freeze()}

    found = compile_xpath("count(instance('list')/root/item[code = '7'])")

    assert found.value(evaluation) == 1.0


def test_keys_of_the_record_are_compared_without_an_index() -> None:
    assert value("count(/data/nothing[nm = 'r1'])") == 0.0
    assert value("count(/data/rep[nope = ''])") == 3.0
    assert value("count(/data/rep[count(/data/rep[nm = 'r1']) = 1])") == 3.0
    record = make_record()
    record.by_name["rep"][0].by_name["nm"][0].is_relevant = False
    evaluation = make_evaluation(root=record)
    hidden = compile_xpath("count(/data/rep[nm = ''])", context=("data",))
    assert hidden.value(evaluation) == 1.0
    record.by_name["rep"][1].append(Node("nm", "again"))
    with pytest.raises(XPathTypeError, match="nm is repeated"):
        hidden.value(evaluation)


def test_one_raised_to_infinity_is_undefined_as_in_java() -> None:
    assert value("string(pow(1, 1 div 0))") == "NaN"


def test_wildcard_works_where_javarosa_lets_it() -> None:
    fruits = "instance('fruits')/root/*"

    assert value(f"count({fruits})") == 3.0
    assert value(f"{fruits}[name = 'pear']/price") == "2"
    assert value("/data/*/nm", "/data/rep[2]/nm") == "r2"
