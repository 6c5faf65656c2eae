"""What a client says of itself, made fit to be kept beside what it sent."""

MAX_CLIENT = 250


def client_text(*parts: str | None) -> str:
    """Join what a client calls itself, without what no table or log can hold."""
    told = " ".join(part for part in parts if part)[:MAX_CLIENT]
    if told.isprintable():
        return told
    return "".join(letter for letter in told if letter.isprintable())
