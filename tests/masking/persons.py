"""A form that asks for all that is personal, and an entry of a recognisable person."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from fieldapp.xform.definition import FormDefinition
from tests.xform.small_forms import make_form

NIK, PHONE, NAME = "3302164107740001", "081234567890", "Wagiyem Sulastri"
LATITUDE, LONGITUDE, INCOME = "-7.4123456", "109.2345678", "1234567"
RAW = (NIK, PHONE, "Wagiyem", "Sulastri", LATITUDE, LONGITUDE, INCOME, "1974", "XYZZY")
"""What must not be found where this person is masked."""

ANSWERS = (
    "<village>33.02.16.2007</village><no>A-12</no>"
    f"<name>{NAME}</name><nik>{NIK}</nik><phone>{PHONE}</phone><born>1974</born>"
    f"<home>{LATITUDE} {LONGITUDE} 120.5 4.5</home><pay>{INCOME}</pay>"
    "<faith>XYZZY</faith><photo>1732.jpg</photo>"
    f"<plot><shape>{LATITUDE} {LONGITUDE} 0 0; -7.42 109.24 0 0; -7.43 109.2 0 0; "
    f"{LATITUDE} {LONGITUDE} 0 0</shape><kg>12.5</kg></plot>"
    f"<both>{NAME} {NIK}</both>"
)

NO_RULES: Mapping[str, str] = MappingProxyType({})
_TYPES = {
    "village": ("string", "village"),
    "no": ("string", "subject"),
    "name": ("string", "name"),
    "nik": ("string", "nik"),
    "phone": ("string", "phone"),
    "born": ("int", "birth_year"),
    "home": ("geopoint", "home_location"),
    "pay": ("int", "finance"),
    "faith": ("string", "personal"),
    "photo": ("binary", "personal"),
    "plot/shape": ("geoshape", "plot_location"),
    "plot/kg": ("decimal", ""),
}


def person_form(rules: Mapping[str, str] = NO_RULES) -> FormDefinition:
    """Compile the form; `rules` are further attributes of binds, by question."""
    return make_form(
        "<village/><no/><name/><nik/><phone/><born/><home/><pay/><faith/><photo/>"
        "<plot><shape/><kg/></plot><both/>",
        "".join(_binds(rules)),
        "".join(_questions())
        + '<group ref="/data/plot"><label>Lahan</label><repeat nodeset="/data/plot">'
        '<input ref="/data/plot/kg"><label>Hasil <output value="/data/name"/></label>'
        "</input></repeat></group>",
    )


def _binds(rules: Mapping[str, str]) -> Iterator[str]:
    for name, (kind, role) in _TYPES.items():
        rule = f'fieldapp:role="{role}" {rules.get(name, "")}'
        yield f'<bind nodeset="/data/{name}" type="{kind}" {rule}/>'
    both = "concat(/data/name, ' ', /data/nik)"
    yield f'<bind nodeset="/data/both" calculate="{both}"/>'


def _questions() -> Iterator[str]:
    for name, (kind, _) in _TYPES.items():
        if "/" not in name and kind != "binary":
            yield f'<input ref="/data/{name}"><label>{name}</label></input>'
