"""JSON merge patch (RFC 7396)."""

from collections.abc import Mapping


def apply_merge_patch(target: Mapping[str, object], patch: object) -> object:
    """Return the result of RFC 7396, 2, for a target none of whose members is an object.

    A null for a member that the target cannot have stays, so that it is refused as any other
    value for it is.
    """
    if not isinstance(patch, dict):
        return patch
    merged = {**target, **patch}
    return {
        name: value for name, value in merged.items() if value is not None or name not in target
    }
