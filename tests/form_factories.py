"""Forms that tests publish."""

from pathlib import Path

from fieldapp.extensions import db
from fieldapp.forms.publishing import Publication, publish_file
from fieldapp.places.models import COUNTRY
from tests.factories import make_area

FORMS = Path(__file__).parents[1] / "forms"


def publish_form(source: bytes | Path | str, filename: str = "form.md") -> Publication:
    """Publish a form: Markdown, or the name of one of ours such as a path."""
    make_area(COUNTRY)
    if isinstance(source, Path):
        filename, source = source.name, source.read_bytes()
    if isinstance(source, str):
        source = source.encode()
    publication = publish_file(source, filename)
    db.session.commit()
    return publication
