"""The queries of logs, by Microsoft's own parser and the tables that they read."""

import json
import subprocess
from pathlib import Path

import pytest

from devhost import npm
from scripts.prove.resources import LOGS_QUERY
from tests.infra.conftest import Resources
from tests.infra.rules import of_type

pytestmark = pytest.mark.infra

_HERE = Path(__file__).parent / "kusto"
# The columns that are used, of Microsoft's reference of tables
# (https://learn.microsoft.com/azure/azure-monitor/reference/tables/apprequests and so on).
_TABLES = {
    "AppRequests": "(TimeGenerated:datetime, Url:string, ResultCode:string, DurationMs:real)",
    "AppTraces": "(TimeGenerated:datetime, Message:string, SeverityLevel:int)",
    "AppExceptions": "(TimeGenerated:datetime, ExceptionType:string, OuterMessage:string)",
}


def _complaints(queries: list[str]) -> list[list[str]]:
    """Return what the parser has against each query; skip where Node.js or its registry is away."""
    try:
        packages = npm.install(_HERE, "the parser of log queries")
    except npm.NpmError as error:
        pytest.skip(f"NOT PROVEN: the queries of the alerts are not parsed. {error}")
    ended = subprocess.run(
        ["node", _HERE / "check.js", packages],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
        input=json.dumps({"tables": _TABLES, "queries": queries}),
    )
    found: list[list[str]] = json.loads(ended.stdout)
    return found


_WRONG = {
    "AppRequest | count": "'AppRequest'",
    'AppRequests | where Urll startswith "http"': "'Urll'",
    "AppRequests | sumarize count()": "operator expected",
    "AppRequests | summarize percentil(DurationMs, 95)": "'percentil'",
    "AppTraces | where SeverityLevel contains 2 | where": "xpression",
}


def _alerts(resources: Resources) -> list[str]:
    alerts = of_type(resources, "Microsoft.Insights/scheduledQueryRules")
    criteria = [one["properties"]["criteria"]["allOf"] for one in alerts]
    return [one["query"] for several in criteria for one in several]


@pytest.fixture(scope="module")
def found(deployments: dict[str, Resources]) -> dict[str, list[str]]:
    """What the parser has against each query, right and wrong; its start takes longer than all."""
    alerts = [query for resources in deployments.values() for query in _alerts(resources)]
    queries = [*alerts, LOGS_QUERY, *_WRONG]
    return dict(zip(queries, _complaints(queries), strict=True))


def test_the_queries_are_right(resources: Resources, found: dict[str, list[str]]) -> None:
    """Every query of an alert, and that of the proof, names tables, columns and operators that exist."""
    queries = _alerts(resources)
    assert len(queries) > 2
    assert {query: found[query] for query in (*queries, LOGS_QUERY) if found[query]} == {}


@pytest.mark.parametrize("query", _WRONG)
def test_a_wrong_query_is_seen(found: dict[str, list[str]], query: str) -> None:
    """An unknown table, column, operator or function and a sentence that ends early are reported."""
    assert _WRONG[query] in " ".join(found[query])
