import pytest
from sqlalchemy.dialects import postgresql

from fieldapp.odata.filters import read_filter
from fieldapp.odata.problems import BadODataQuery, ODataNotSupported

STATE, AREA = "__system/reviewState", "__system/areaCode"
TIME = "__system/submissionDate"


def sql(text: str) -> str:
    compiled = read_filter(text).condition.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call] # SQLAlchemy's.
        compile_kwargs={"literal_binds": True},
    )
    return " ".join(str(compiled).split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{STATE} eq 'approved'", "submission.state = 'approved'"),
        (f"{STATE} ne 'rejected'", "submission.state != 'rejected'"),
        (
            f"{STATE} in ('approved','returned')",
            "submission.state IN ('approved', 'returned')",
        ),
        (f"{AREA} eq '33.02.16.2007'", "submission.area_code = '33.02.16.2007'"),
        (
            f"startswith({AREA},'33.02.')",
            "submission.area_code >= '33.02.' AND submission.area_code < '33.02/'",
        ),
        (
            f"{TIME} ge 2026-01-31T08:00:00+07:00",
            "submission.received_at >= '2026-01-31 01:00:00+00:00'",
        ),
        (f"{TIME} lt 2026-02-01", "submission.received_at < '2026-02-01 00:00:00"),
        (f"year({TIME}) eq 2026", "timezone('UTC', submission.received_at)"),
        (f"not ({STATE} eq 'received')", "submission.state != 'received'"),
        (
            f"({STATE} eq 'approved' or {TIME} ge 2026-02-01) and {TIME} gt 2026-01-01",
            "(submission.state = 'approved' OR submission.received_at >= ",
        ),
    ],
)
def test_states_villages_and_times_are_filtered_in_sql(
    text: str, expected: str
) -> None:
    assert expected in sql(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "(",
        f"{STATE} eq",
        f"{STATE} eq 'approved' and",
        f"{STATE} eq 'nonsense'",
        f"{STATE} eq 5",
        f"{AREA} eq '''; drop table submission; --'",
        f"{AREA} eq '3302162007'",
        f"{AREA} in ('33.02', 5)",
        f"startswith({AREA},'%')",
        f"{TIME} eq 'yesterday'",
        f"{TIME} eq 2026-13-45",
        f"{TIME} eq 2026-01-01T00:00:00",
        f"{TIME} eq 0001-01-01T00:00:00+14:00",
        f"year({TIME}) eq 99999999999999999999",
        f"year({TIME}) eq -1",
        "\x00",
        "x" * 3000,
        " and ".join([f"{STATE} eq 'approved'"] * 60),
        "not " * 400 + f"({STATE} eq 'approved')",
    ],
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(BadODataQuery):
        read_filter(text)


@pytest.mark.parametrize(
    "text",
    [
        "member/nik eq '3302164107740001'",
        "__system/submitterName eq 'Siti'",
        f"contains({STATE},'a')",
        f"{STATE} gt 'approved'",
        f"{AREA} lt '33.02'",
        f"concat({STATE},'a') eq 'b'",
        f"year({STATE}) eq 2026",
        f"length({AREA}) eq 2",
        f"{TIME} add 5 eq 6",
        f"{STATE} eq null and other eq 5",
        "1 eq 1",
        "true",
        "plot/any(p: p/ha gt 1)",
        f"startswith({STATE},'33')",
        f"{TIME} in (2026-01-01)",
        f"not {STATE}",
    ],
)
def test_what_cannot_be_filtered_is_named_and_refused(text: str) -> None:
    with pytest.raises((ODataNotSupported, BadODataQuery)):
        read_filter(text)


def test_brackets_cost_nothing_however_many() -> None:
    depth = 900

    found = read_filter("(" * depth + f"{STATE} eq 'approved'" + ")" * depth)

    assert found.words == "__system/reviewState eq 'approved'"
