"""Read what an encrypted entry shows of itself (ODK Encrypted Forms 1.0)."""

from fieldapp.xform.instance import Instance
from fieldapp.xform.markup import text_of

NAMES = ("{*}media/{*}file", "{*}encryptedXmlFile")


def sealed_files(instance: Instance) -> tuple[str, ...]:
    """Name the files that belong to a sealed entry: its photos, and its answers."""
    found = (text_of(node) for name in NAMES for node in instance.root.findall(name))
    return tuple(dict.fromkeys(name for name in found if name))
