"""Published versions as their makers see them: one by one, and side by side."""

from dataclasses import dataclass

from fieldapp.extensions import db
from fieldapp.forms.checking import CheckedForm
from fieldapp.forms.models import Form, FormVersion
from fieldapp.forms.queries import get_version, versions_of
from fieldapp.web.problems import nothing_here
from fieldapp.xform.comparison import Comparison, compare


@dataclass(frozen=True)
class ComparedVersions:
    """A comparison, and the version that it is with."""

    earlier_version: str
    comparison: Comparison


def get_published(form: Form, version: str) -> FormVersion:
    """Get a published version of a form.

    :raises NotFound: if there is none of that name.
    """
    statement = versions_of(form.id).where(FormVersion.version == version)
    published = db.session.scalars(statement).one_or_none()
    if published is None:
        raise nothing_here()
    return published


def compared_with_newest(checked: CheckedForm) -> ComparedVersions | None:
    """Compare a form file with the newest published version; None if there is none."""
    newest = db.session.scalars(versions_of(checked.form_id).limit(1)).one_or_none()
    if newest is None:
        return None
    earlier = get_version(newest.id).definition
    return ComparedVersions(newest.version, compare(earlier, checked.definition))


def compared_with_earlier(published: FormVersion) -> ComparedVersions | None:
    """Compare a version with the one published before; None for the first one."""
    statement = versions_of(published.form_id).where(FormVersion.id < published.id)
    earlier = db.session.scalars(statement.limit(1)).one_or_none()
    if earlier is None:
        return None
    before, after = get_version(earlier.id), get_version(published.id)
    return ComparedVersions(
        earlier.version, compare(before.definition, after.definition)
    )
