"""x"""

import re


def matches(pattern, text, budget):
    try:
        return re.fullmatch(pattern, text) is not None, len(text)
    except re.error as e:
        from fieldapp.xform.xpath.errors import XPathTypeError

        raise XPathTypeError("bad") from e
