"""Verdicts agree with JavaRosa's, where Java and the oracle are at hand."""

import pytest

from tests.xform.differential import missing, random_cases

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "present")


@pytest.mark.parametrize("seed", [2001, 2002])
def test_random_instances_of_a_random_form_get_javarosas_verdict(seed: int) -> None:
    cases = list(random_cases(seed, 120))

    differences = [(case.number, case.difference) for case in cases if case.difference]

    assert len(cases) == 120
    assert differences == []
