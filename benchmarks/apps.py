"""What is measured: this app, and what it is measured against."""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
_HERE = ROOT / "benchmarks"


class App(NamedTuple):
    """An app to start in a fresh process.

    Attributes:
        folder: with its function_app.py; None for the FastAPI app.
        target: what its first request asks for; ``{id}`` stands for a pet's.
        packages: what its way to the store imports, for the stages of a cold start.
    """

    folder: Path | None
    target: str
    packages: str = ""


_ON_COSMOS = "azure.cosmos.aio azure.core.pipeline.transport aiohttp"
APPS = {
    "bare": App(_HERE / "bare", "/api/hello"),
    "SQLite": App(ROOT, "/api/pets/{id}", "sqlite3"),
    "Cosmos": App(ROOT, "/api/pets/{id}", _ON_COSMOS),
    "floor": App(_HERE / "floor", "/api/pets/{id}", _ON_COSMOS),
    "eager": App(
        _HERE / "eager", "/api/pets/{id}", "azure.cosmos azure.identity pydantic requests"
    ),
    "FastAPI": App(None, "/api/pets/{id}", "sqlite3"),
}
ON_COSMOS = {"Cosmos", "floor", "eager"}
# The same apps without a key: as in Azure, a managed identity's token leads to the store.
BY_IDENTITY = {f"{name}, identity": APPS[name] for name in sorted(ON_COSMOS)}
