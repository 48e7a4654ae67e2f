"""Texts of others on a terminal."""


def shown(text: str) -> str:
    r"""Return the text with escapes, such as ``\x1b``, for all that is not printable."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
