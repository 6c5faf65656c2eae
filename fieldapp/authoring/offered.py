"""What a phone that tries a draft is offered: the one form, and its files."""

from functools import lru_cache

from fieldapp.authoring.drafts import files_of, has_files
from fieldapp.authoring.models import FormDraft
from fieldapp.entities.lists import trial_lists
from fieldapp.extensions import db
from fieldapp.forms.checking import VILLAGE_LIST
from fieldapp.forms.offered import (
    OfferedFile,
    OfferedForm,
    asks_for_villages,
    village_list,
)
from fieldapp.forms.publishing import media_type_of
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.parse import parse_form

CACHED_DRAFTS = 16


def definition_of(draft: FormDraft) -> FormDefinition:
    """Compile a draft's XForm, with the files that it has by now."""
    files = db.session.scalars(files_of(draft.form_id))
    return _compiled(draft.xml, tuple((file.name, file.content) for file in files))


def offered_draft(draft: FormDraft) -> OfferedForm:
    """Offer a draft as the one form of a phone; its name says what it is."""
    titles = {**draft.title, "id": draft.title.get("id") or draft.form_id}
    return OfferedForm(
        form_id=draft.form_id,
        version=draft.version,
        titles={code: f"[DRAF] {title}" for code, title in titles.items()},
        md5=draft.md5,
        published_at=draft.uploaded_at,
        has_files=_reads_made_lists(draft) or has_files(draft.form_id),
        area_codes=(draft.area_code,),
    )


def offered_draft_files(draft: FormDraft) -> list[OfferedFile]:
    """List the files of a draft, by name, with the villages of its area."""
    files = {
        file.name: OfferedFile(
            file.name, file.md5, media_type_of(file.name), (file.content,)
        )
        for file in db.session.scalars(files_of(draft.form_id))
    }
    if asks_for_villages(definition_of(draft)):
        files[VILLAGE_LIST] = village_list((draft.area_code,))
    files |= {each.name: each for each in trial_lists(definition_of(draft))}
    return [files[name] for name in sorted(files)]


def _reads_made_lists(draft: FormDraft) -> bool:
    definition = definition_of(draft)
    return asks_for_villages(definition) or bool(trial_lists(definition))


@lru_cache(maxsize=CACHED_DRAFTS)
def _compiled(xml: bytes, files: tuple[tuple[str, bytes], ...]) -> FormDefinition:
    return parse_form(xml, media=dict(files))
