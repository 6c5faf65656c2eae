"""What a phone shows of the rules that an entry breaks."""

from fieldapp.submissions.delivery import OutcomeStatus
from fieldapp.submissions.messages import told

KG = {"label": {"id": "Berat", "en": "Weight"}, "item": {}}
MOISTURE = {
    "label": {"id": "Kadar air", "en": "Moisture"},
    "item": {"id": "Wadah 2", "en": "Container 2"},
}


def test_question_of_a_repeat_is_named_with_its_item() -> None:
    text = told(OutcomeStatus.CREATED, [KG, MOISTURE])

    assert "melanggar aturan formulir: Berat, Kadar air (Wadah 2)." in text.id
    assert "break the form's rules: Weight, Moisture (Container 2)." in text.en
