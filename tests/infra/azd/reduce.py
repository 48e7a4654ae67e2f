"""Reduce azd's schema of azure.yaml to what can fail: without its titles and descriptions.

usage: python -m tests.infra.azd.reduce FILE

FILE is schemas/v1.0/azure.yaml.json of https://github.com/Azure/azure-dev. Writes ``schema.json``.
"""

import json
import sys
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).with_name("schema.json")
_TEXTS = {"title", "description", "examples", "x-intellij-html-description", "$comment"}
# Below these, every name is a member's own.
_NAMES = {"properties", "patternProperties", "definitions", "$defs"}


def _reduced(value: Any, *, is_of_names: bool = False) -> Any:
    if isinstance(value, list):
        return [_reduced(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _reduced(one, is_of_names=name in _NAMES and not is_of_names)
        for name, one in value.items()
        if is_of_names or name not in _TEXTS or not isinstance(one, str | list)
    }


def main() -> None:
    """Write the schema."""
    (source,) = sys.argv[1:]
    SCHEMA.write_text(json.dumps(_reduced(json.loads(Path(source).read_text())), indent=1) + "\n")


if __name__ == "__main__":
    main()
