"""The typed record: what an instance says, as nested dicts and lists."""
from typing import Any
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.judgement import Judgement

Record = dict[str, Any]

def to_record(judgement: Judgement) -> Record:
    """Give the typed, nested record of a judged instance."""
    raise NotImplementedError

def from_record(definition: FormDefinition, record: Record) -> bytes:
    """Write a record as the XML that a phone would have sent."""
    raise NotImplementedError
