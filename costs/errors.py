"""What can be wrong with what the sums are made from."""


class BadInput(Exception):
    """Traffic, a price or a figure that cannot be used; the text says how to fix it."""
