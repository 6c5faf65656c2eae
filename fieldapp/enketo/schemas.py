"""What the view of links takes and gives."""

from marshmallow import Schema, fields, validate

from fieldapp.web.fields import CleanText
from fieldapp.web.text import Text

PATH_LENGTH = 1000
OWN_PATH = Text(
    "Harus alamat di server ini: mulai dengan satu garis miring, tanpa spasi.",
    "It must be an address on this server: beginning with one slash, without spaces.",
)


class EditLinkRequest(Schema):
    """How the link is to be made."""

    return_to = CleanText(
        load_default="/",
        validate=(
            validate.Length(max=PATH_LENGTH),
            validate.Regexp(r"/(?![/\\])[!-\[\]-~]*\Z", error=OWN_PATH.both()),
        ),
        metadata={
            "description": "Where on this server the browser goes when the correction "
            "is sent: a path such as `/`."
        },
    )


class EditLinkResponse(Schema):
    """A link that opens an entry in Enketo; it is the person's own."""

    edit_url = fields.String(
        metadata={"description": "Whoever opens it corrects in the person's name."}
    )
    instance_id = fields.String(
        metadata={"description": "The revision that is corrected."}
    )
    expires_at = fields.AwareDateTime(
        metadata={"description": "A correction that is sent later is refused."}
    )
