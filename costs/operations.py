"""What each operation takes: time and memory as measured, request units by a model.

Sources of the model, all of Microsoft Learn, under azure/cosmos-db:
``understand-request-unit-consumption`` (point read, create, 21 April 2026),
``how-to-query-container`` (2.5 RU for each physical partition that a query asks) and
``optimize-cost-reads-writes`` (3.19 RU for a query that finds one item).
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from costs.errors import BadInput

FIGURES = Path(__file__).parents[1] / "benchmarks" / "figures.json"
PAGE = 20  # pets of a list, the default
PET_KB = 1.0  # a document of ours with tags and a description
_PARTITION_GB = 50
_READ, _CREATE, _TERM = 1.0, 5.0, 0.2
_QUERY, _FOUND = 2.5, 0.69  # 3.19 for one item: 2.5 and 0.69
# id, species, status, name, owner and two tags: what infra/modules/cosmos.bicep indexes.
_TERMS = 7
# The benchmark's store answers at once. Azure promises 10 ms for a point read of 1 KB at p99, in
# the region and with provisioned throughput; a serverless account promises nothing.
WAIT_MS = 10.0
_ROWS = {"get": "get", "list": "list(20)", "create": "create"}


@dataclass(frozen=True)
class Operation:
    """One request of a kind.

    Attributes:
        work_ms: how long a core works for it, as measured, with the worker's part.
        units: request units.
    """

    work_ms: float
    units: float

    @property
    def time_ms(self) -> float:
        """How long it runs: work, and the wait for Cosmos DB."""
        return self.work_ms + WAIT_MS


@dataclass(frozen=True)
class Measured:
    """What the benchmark says.

    Attributes:
        operations: get, list and create.
        memory_mb: peak of a worker process after 100 requests on Cosmos DB.
        tick_units: request units of one idle tick of the relay.
        date: of the measurement.
        machine: which measured.
    """

    operations: dict[str, Operation]
    memory_mb: float
    tick_units: float
    date: str
    machine: str


def request_units(pets: float) -> dict[str, float]:
    """Return the request units of an operation when that many pets are kept."""
    partitions = max(1, math.ceil(pets * PET_KB / 1e6 / _PARTITION_GB))
    return {
        "get": _READ,
        "list": _QUERY * partitions + _FOUND * PAGE,
        "create": _CREATE + _TERM * _TERMS,
    }


def read_measured(pets: float, file: Path = FIGURES) -> Measured:
    """Read what ``make bench`` wrote.

    Raises:
        BadInput: the file is missing or damaged.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        rows = content["rows"]
        operations = {
            name: Operation(_figure(rows, f"{_ROWS[name]}, Cosmos, CPU") / 1e3, units)
            for name, units in request_units(pets).items()
        }
        memory = _figure(rows, "memory, Cosmos")
        return Measured(operations, memory, _QUERY, content["date"], content["machine"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{file.name} cannot be used ({error!r}): run `make bench`.") from error


def _figure(rows: dict[str, Any], name: str) -> float:
    found = float(rows[name]["median"])
    if not math.isfinite(found) or found <= 0:
        raise ValueError(f"{name} is {found}")
    return found
