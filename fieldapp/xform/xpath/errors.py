"""What can go wrong with an expression, when it is read and when it is evaluated."""


class XPathError(Exception):
    """An expression cannot be compiled, or has no value here."""


class XPathSyntaxError(XPathError):
    """The source is not an expression of the dialect; raised when compiling."""

    def __init__(self, source: str, position: int, reason: str) -> None:
        super().__init__(f"{reason} (at character {position + 1} of {source[:200]!r})")
        self.source = source
        self.position = position
        self.reason = reason


class XPathFunctionError(XPathSyntaxError):
    """The source calls an unknown function, or a known one with a wrong arity."""


class XPathTypeError(XPathError):
    """A value does not fit the operation; raised when evaluating."""


class XPathLimit(XPathError):  # noqa: N818 - a limit is not the expression's error
    """The source, or its evaluation, is larger than we are willing to work on."""
