"""JSON merge patch (RFC 7396)."""

from collections.abc import Mapping


def apply_merge_patch(target: Mapping[str, object], patch: object) -> object:
    """Return the result of RFC 7396, 2, for a target none of whose members is an object."""
    if not isinstance(patch, dict):
        return patch
    return {name: value for name, value in {**target, **patch}.items() if value is not None}
