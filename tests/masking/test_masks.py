"""Each role has one mask, and what does not fit it is withheld."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.masking.masks import WITHHELD, mask


@pytest.mark.parametrize(
    ("role", "text", "shown"),
    [
        ("nik", "3302164107740001", "************0001"),
        ("nik", "33.02.16.410774.0001", "************0001"),
        ("nik", "330216410774000", WITHHELD),
        ("phone", "081234567890", "0812****7890"),
        ("phone", "+62 812-3456-7890", "0812****7890"),
        ("phone", "6281234567890", "0812****7890"),
        ("phone", "81234567890", "0812****7890"),
        ("phone", "0812345678", "0812****78"),
        ("phone", "08123456", WITHHELD),
        ("phone", "tanya Pak RT", WITHHELD),
        ("name", "Siti Aminah", "S. A."),
        ("name", "  h. Slamet  ", "H. S."),
        ("name", "Þóra", "Þ."),
        ("name", "…", WITHHELD),
        ("birth_year", "1974", "1970–1979"),
        ("birth_year", "1974-07-01", "1970–1979"),
        ("birth_year", "74", WITHHELD),
        ("birth_year", "19745", WITHHELD),
        ("home_location", "-7.412345 109.234567 120 4.5", "-7.41 109.23 0 0"),
        ("home_location", "di balai desa", WITHHELD),
        ("home_location", "NaN 109.2", WITHHELD),
        ("plot_location", "-7.41 109.23 0 0; -7.42 109.23 0 0", WITHHELD),
        ("finance", "1250000", "1000000–2000000"),
        ("finance", "2000000", "2000000–5000000"),
        ("finance", "4999999.5", "2000000–5000000"),
        ("finance", "0", "0–1000"),
        ("finance", "-750", "−1000–−0"),
        ("finance", "sejuta", WITHHELD),
        ("personal", "apa saja", WITHHELD),
        ("village", "33.02.16.2007", WITHHELD),
    ],
)
def test_answer_is_masked_by_its_role(role: str, text: str, shown: str) -> None:
    assert mask(role, text) == shown


@pytest.mark.parametrize("role", ["nik", "phone", "name", "finance", "personal"])
def test_no_answer_stays_none(role: str) -> None:
    assert mask(role, "") == ""


@given(st.from_regex(r"\A08[0-9]{8,11}\Z"))
def test_mask_of_a_phone_hides_two_digits_at_least_and_tells_no_length(
    phone: str,
) -> None:
    shown = mask("phone", phone)

    assert shown[4:8] == "****"
    assert sum(sign.isdigit() for sign in shown) <= min(8, len(phone) - 2)
    assert phone not in shown


@given(st.floats(min_value=0, max_value=1e15))
def test_amount_lies_in_its_band_which_is_at_least_half_as_wide(amount: float) -> None:
    lower, upper = map(int, mask("finance", repr(amount)).split("–"))

    assert lower <= amount < upper
    assert upper - lower >= upper / 2


@given(st.floats(-11, 6), st.floats(95, 141))
def test_point_is_moved_by_up_to_half_a_hundredth_of_a_degree(
    latitude: float, longitude: float
) -> None:
    shown = mask("home_location", f"{latitude:.7f} {longitude:.7f} 12 3").split()

    assert abs(float(shown[0]) - latitude) <= 0.005 + 1e-7
    assert abs(float(shown[1]) - longitude) <= 0.005 + 1e-7
    assert all(len(part.partition(".")[2]) == 2 for part in shown[:2])
    assert shown[2:] == ["0", "0"]
