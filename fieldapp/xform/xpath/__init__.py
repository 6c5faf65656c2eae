"""XPath 1.0 in the dialect of ODK XForms, as JavaRosa evaluates it.

An expression is compiled once into closures, and evaluated many times.
"""

from fieldapp.xform.xpath.compiler import compile_xpath
from fieldapp.xform.xpath.context import Evaluation, Expression
from fieldapp.xform.xpath.conversions import to_boolean, to_number, to_string, unpack
from fieldapp.xform.xpath.errors import (
    XPathError,
    XPathFunctionError,
    XPathLimit,
    XPathSyntaxError,
    XPathTypeError,
)

__all__ = [
    "Evaluation",
    "Expression",
    "XPathError",
    "XPathFunctionError",
    "XPathLimit",
    "XPathSyntaxError",
    "XPathTypeError",
    "compile_xpath",
    "to_boolean",
    "to_number",
    "to_string",
    "unpack",
]
