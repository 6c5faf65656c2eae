"""Tokens of an expression, with XPath 1.0's and JavaRosa's disambiguation.

`*`, `-`, `and`, `or`, `div` and `mod` are operators only where an operand has just
ended (XPath 1.0, 3.7). JavaRosa reads the four words without a following space
(`3div 2`, `1 or0`), and knows only cased letters in names.
"""

from typing import NamedTuple

from fieldapp.xform.xpath.errors import XPathLimit, XPathSyntaxError

MAX_SOURCE = 32_768

_SPACE = " \n\t\f\r"
_PAIRS = {"!=", "<=", ">=", "//", "..", "::"}
_SINGLES = "=<>+-*|/[]().@,"
_WORDS = ("and", "or", "div", "mod")
_OPERAND_ENDS = {"name", "wildcard", "variable", "number", "text", "]", ")", ".", ".."}


class Token(NamedTuple):
    """One token: its kind (operators are their own kind), text and position."""

    kind: str
    text: str
    position: int


def tokenize(source: str) -> list[Token]:
    """Split an expression into tokens, ending with one of kind `end`.

    :raises XPathSyntaxError: at the first character that starts no token.
    :raises XPathLimit: if the source is too long.
    """
    if len(source) > MAX_SOURCE:
        raise XPathLimit(f"an expression of {len(source)} characters")
    tokens: list[Token] = []
    position = 0
    after_operand = False
    while position < len(source):
        if source[position] in _SPACE:
            position += 1
            continue
        token, position = _next_token(source, position, after_operand=after_operand)
        tokens.append(token)
        after_operand = token.kind in _OPERAND_ENDS
    tokens.append(Token("end", "", len(source)))
    return tokens


def _next_token(
    source: str, position: int, *, after_operand: bool
) -> tuple[Token, int]:
    character = source[position]
    if character.isdecimal() or (
        character == "." and source[position + 1 : position + 2].isdecimal()
    ):
        return _number(source, position)
    if character in "'\"":
        return _text(source, position)
    if source[position : position + 2] in _PAIRS:
        end = position + 2
        return Token(source[position:end], source[position:end], position), end
    if character in _SINGLES:
        return _sign(character, position, after_operand=after_operand), position + 1
    if after_operand:
        return _operator_word(source, position)
    return _name(source, position)


def _sign(character: str, position: int, *, after_operand: bool) -> Token:
    if character == "*":
        return Token("times" if after_operand else "wildcard", "*", position)
    if character == "-":
        return Token("-" if after_operand else "negative", "-", position)
    return Token(character, character, position)


def _number(source: str, start: int) -> tuple[Token, int]:
    end = start
    points = 0
    while end < len(source) and (
        source[end].isdecimal() or (source[end] == "." and not points)
    ):
        points += source[end] == "."
        end += 1
    text = source[start:end]
    if not text.isascii():
        raise XPathSyntaxError(source, start, "digits of another script")
    return Token("number", text, start), end


def _text(source: str, start: int) -> tuple[Token, int]:
    end = source.find(source[start], start + 1)
    if end < 0:
        raise XPathSyntaxError(source, start, "a text without its closing quote")
    return Token("text", source[start + 1 : end], start), end + 1


def _operator_word(source: str, start: int) -> tuple[Token, int]:
    for word in _WORDS:
        if source.startswith(word, start):
            return Token(word, word, start), start + len(word)
    raise XPathSyntaxError(source, start, "an operator is expected here")


def _name(source: str, start: int) -> tuple[Token, int]:
    kind = "name"
    first = start
    if source[start] == "$":
        kind, first = "variable", start + 1
    end = _end_of_name(source, first)
    if end == first:
        raise XPathSyntaxError(source, start, f"unexpected {source[start]!r}")
    if source[end : end + 1] == ":":
        after = _end_of_name(source, end + 1)
        if after > end + 1:
            end = after
        elif source[end + 1 : end + 2] == "*" and kind == "name":
            return Token("wildcard", source[first : end + 2], start), end + 2
    return Token(kind, source[first:end], start), end


def _end_of_name(source: str, start: int) -> int:
    end = start
    while end < len(source):
        character = source[end]
        if not (
            _is_letter(character)
            or character == "_"
            or (end > start and (character.isdecimal() or character in ".-"))
        ):
            break
        end += 1
    return end


def _is_letter(character: str) -> bool:
    return (character.islower() or character.isupper()) and character < "\U00010000"
