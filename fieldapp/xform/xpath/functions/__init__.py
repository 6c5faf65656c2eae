"""The functions of the dialect, one module for each family."""

from fieldapp.xform.xpath.functions import (  # noqa: F401 - They register themselves.
    dates,
    digests,
    geometry,
    logic,
    nodesets,
    numbers,
    selects,
    texts,
)
from fieldapp.xform.xpath.functions.registry import FUNCTIONS, Function

__all__ = ["FUNCTIONS", "Function"]
