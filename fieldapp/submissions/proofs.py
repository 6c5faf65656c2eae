"""What the log says of answers, words and files, so that each can be told alone.

Every digest has a salt of its own, drawn from the salt of the submission by SHAKE256
under a label. A dossier tells some answers with their salts and of the others only the
digests: neither the salts that it tells nor the log help to guess what it withholds.
"""

import hashlib
from collections.abc import Iterator, Sequence
from uuid import UUID

from fieldapp.submissions.delivery import ReceivedFile
from fieldapp.xform.markup import Element

SALT_BYTES = 16

Answer = tuple[str, str]
"""The path of a leaf of the XML, and its text."""


def answers_of(root: Element) -> list[Answer]:
    """List every leaf of an entry's XML in its order, whatever its form says of it.

    The second and later elements of one name under one parent have an index:
    ``/data/wadah``, ``/data/wadah[2]``. Names are without namespaces, texts trimmed.
    """
    return list(_leaves(root, "/" + _name(root)))


def _leaves(element: Element, path: str) -> Iterator[Answer]:
    if not len(element):
        yield path, (element.text or "").strip()
        return
    numbers: dict[str, int] = {}
    for child in element:
        name = _name(child)
        number = numbers[name] = numbers.get(name, 0) + 1
        below = f"{path}/{name}" if number == 1 else f"{path}/{name}[{number}]"
        if len(child):
            yield from _leaves(child, below)
        else:
            yield below, (child.text or "").strip()


def _name(element: Element) -> str:
    tag: str = element.tag
    return tag if tag[0] != "{" else tag.rpartition("}")[2]


def answer_salts(secret: bytes, revision_id: str, number: int) -> list[bytes]:
    """Draw the salts of all answers of a revision, in their order."""
    stream = hashlib.shake_256(secret + b"answers " + revision_id.encode())
    drawn = stream.digest(SALT_BYTES * number)
    return [drawn[at : at + SALT_BYTES] for at in range(0, len(drawn), SALT_BYTES)]


def answer_digest(salt: bytes, answer: Answer) -> bytes:
    """Digest one answer with its path; XML holds no NUL."""
    return hashlib.sha256(salt + f"{answer[0]}\0{answer[1]}".encode()).digest()


def answers_root(secret: bytes, revision_id: str, answers: Sequence[Answer]) -> str:
    """Digest all answers of a revision: the digest of their digests, in hex."""
    salts = answer_salts(secret, revision_id, len(answers))
    leaves = map(answer_digest, salts, answers)
    return hashlib.sha256(b"".join(leaves)).hexdigest()


def revision_salt(secret: bytes, revision_id: str) -> bytes:
    """Draw the salt of the XML of a revision."""
    return _draw(secret, f"revision {revision_id}")


def words_salt(secret: bytes, id_: UUID | str) -> bytes:
    """Draw the salt of what somebody wrote, by what it stands under."""
    return _draw(secret, f"words {id_}")


def file_salt(secret: bytes, revision_id: str, name: str) -> bytes:
    """Draw the salt of a file that came for a revision."""
    return _draw(secret, f"file {revision_id}/{name}")


def revision_digest(secret: bytes, revision_id: str, digest: bytes) -> str:
    """Give what the log says of a revision whose XML has a digest (SHA-256)."""
    return salted(revision_salt(secret, revision_id), digest)


def words_digest(secret: bytes, id_: UUID | str, text: str) -> str:
    """Give what the log says of a note or a comment."""
    return salted(words_salt(secret, id_), text.encode())


def file_digest(secret: bytes, revision_id: str, file: ReceivedFile) -> str:
    """Give what the log says of a file: its content, under its name."""
    salt = file_salt(secret, revision_id, file.name)
    return salted(salt, f"{file.name}\0{file.digest.hex()}".encode())


def salted(salt: bytes, value: bytes) -> str:
    """Digest what must not be guessed from the log, in hex."""
    return hashlib.sha256(salt + value).hexdigest()


def _draw(secret: bytes, label: str) -> bytes:
    return hashlib.shake_256(secret + label.encode()).digest(SALT_BYTES)
