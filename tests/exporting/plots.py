"""A form with every shape of answer, in two versions, and entries of it."""

from datetime import datetime

from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.submissions.models import Submission
from tests.entries import deliver
from tests.factories import SEMEDO, make_person
from tests.form_factories import publish_form

FORM_ID = "kebun"
V1, V2 = "2026010101", "2026010201"

_HEAD = """| survey |
| | type | name | label::Indonesia (id) | label::English (en) | bind::fieldapp:role |
| | start | start | | | |
| | end | end | | | |
| | select_one_from_file villages.csv | village | Desa | Village | village |
| | begin_group | member | Anggota | Member | |
| | text | note | Catatan | Note | |
| | text | farmer | Petani | Farmer | name |
| | text | nik | NIK | NIK | nik |
{old}| | select_one sex | sex | Jenis kelamin | Sex | |
| | select_multiple std | standards | Standar | Standards | |
| | end_group | | | | |
| | integer | age | Umur | Age | |
| | date | visited_on | Tanggal | Day | |
| | geopoint | home | Rumah | Home | home_location |
{new}| | begin_repeat | plot | Lahan | Plot | |
| | decimal | ha | Luas | Area | |
| | geoshape | shape | Batas | Boundary | |
| | begin_repeat | tree | Pohon | Tree | |
| | integer | height | Tinggi | Height | |
| | end_repeat | | | | |
| | end_repeat | | | | |
| choices |
| | list_name | name | label::Indonesia (id) | label::English (en) |
| | sex | P | Perempuan | Female |
| | sex | L | Laki-laki | Male |
| | std | eu | Eropa | Europe |
| | std | nop | Amerika | America |
| settings |
| | form_id | form_title | version | default_language | namespaces |
| | kebun | Kebun | {version} | Indonesia (id) | fieldapp="http://fieldapp.id/xforms" |
"""
OLD = "| | text | nick | Panggilan | Nickname | |\n"
NEW = "| | text | remark | Pesan | Remark | |\n"

PLOTS = (
    "<plot><ha>0.45</ha><shape>-7.1 109.1 0 0;-7.1 109.2 0 0;-7.2 109.2 0 0;"
    "-7.1 109.1 0 0</shape><tree><height>3</height></tree><tree><height>5</height>"
    "</tree></plot><plot><ha>1.5</ha><shape/><tree><height>7</height></tree></plot>"
)


def publish_plots() -> None:
    """Publish both versions: the second asks `remark`, and `nick` no more."""
    publish_form(_HEAD.format(old=OLD, new="", version=V1))
    publish_form(_HEAD.format(old="", new=NEW, version=V2))


def plot_xml(
    instance_id: str,
    *,
    village: str = SEMEDO,
    version: str = V2,
    note: str = "baik",
    extra: str = "",
    plots: str = PLOTS,
) -> bytes:
    """Write an entry as a phone does; the note is escaped by the caller."""
    return (
        f'<data id="{FORM_ID}" version="{version}">'
        "<start>2026-08-20T08:14:02.517+07:00</start>"
        "<end>2026-08-20T08:21:47.903+07:00</end>"
        f"<village>{village}</village><member><note>{note}</note>"
        "<farmer>Sri Lestari</farmer><nik>3302164107740001</nik>"
        f"{extra}<sex>P</sex>"
        "<standards>eu nop</standards></member><age>41</age>"
        "<visited_on>2026-08-20</visited_on><home>-7.43 109.24 74.3 4.8</home>"
        f"{plots}<meta><instanceID>{instance_id}</instanceID></meta></data>"
    ).encode()


def send(
    xml: bytes, *, sender: User | None = None, received_at: datetime | None = None
) -> Submission:
    """Take in an entry, and give it."""
    sender = sender or make_person(Role.FACILITATOR)
    outcome = deliver(sender, xml, received_at=received_at)
    assert outcome.status in {"created", "revised"}, outcome
    newest = select(Submission).order_by(Submission.received_at.desc()).limit(1)
    return db.session.scalars(newest).one()
