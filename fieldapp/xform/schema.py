"""The marshmallow schema of a form version's record."""
from marshmallow import Schema
from fieldapp.xform.definition import FormDefinition

def record_schema(definition: FormDefinition) -> type[Schema]:
    """Compile (once) the schema that loads and dumps a form version's records."""
    raise NotImplementedError
