"""Reduce the list of stacks that Core Tools carry to Python on Linux.

usage: python -m tests.infra.provider_types.stacks STACKS_JSON

STACKS_JSON is src/Cli/func/StaticResources/stacks.json of
https://github.com/Azure/azure-functions-core-tools. Writes ``stacks.json``.
"""

import json
import sys
from pathlib import Path
from typing import Any

STACKS = Path(__file__).with_name("stacks.json")


def main() -> None:
    """Write what each version of Python may be combined with."""
    (source,) = sys.argv[1:]
    listed = json.loads(Path(source).read_text("utf-8-sig"))["value"]
    (python,) = (stack["properties"] for stack in listed if stack["name"] == "python")
    minors = [one for major in python["majorVersions"] for one in major["minorVersions"]]
    found = {one["value"]: _reduced(one["stackSettings"]) for one in minors}
    STACKS.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


def _reduced(settings: dict[str, Any]) -> dict[str, Any]:
    linux = settings["linuxRuntimeSettings"]
    reduced: dict[str, Any] = {"linuxFxVersion": linux["runtimeVersion"]}
    for sku in linux.get("Sku") or []:
        count = sku["maximumInstanceCount"]
        reduced[sku["skuCode"]] = {
            "instanceMemoryMB": [one["size"] for one in sku["instanceMemoryMB"]],
            "runtime": sku["functionAppConfigProperties"]["runtime"],
            "maximumInstanceCount": [
                count["lowestMaximumInstanceCount"],
                count["highestMaximumInstanceCount"],
            ],
        }
    return reduced


if __name__ == "__main__":
    main()
