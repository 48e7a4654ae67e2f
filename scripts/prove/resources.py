"""The steps that look at Azure's resources: deploy, deploy again, roles, logs."""

import json
from typing import Any

from scripts.prove.commands import Failed, az
from scripts.prove.proof import Proof

_NOT_KNOWN_YET = ("PrincipalNotFound", "was not found in the directory", "principal ID")
_ROLES = {"Monitoring Metrics Publisher", "Key Vault Secrets User"}
_STORAGE_ROLES = {
    "Storage Blob Data Owner",
    "Storage Queue Data Contributor",
    "Storage Table Data Contributor",
}
_CONTAINERS = {"pets", "idempotency", "events"}
LOGS_QUERY = """
union withsource=Kind isfuzzy=true AppRequests, AppTraces, AppExceptions
| summarize Rows = count(),
    Failed = countif(tostring(column_ifexists("ResultCode", "")) startswith "5") by Kind
| project Kind, Rows, Failed
"""


def deploy(proof: Proof) -> list[str]:
    """Create the resources, as often as the new identity is not known everywhere yet."""
    for pause in (30, 60, 90, 0):
        try:
            found = _create(proof)
            break
        except Failed as error:
            if not pause or not any(text in str(error) for text in _NOT_KNOWN_YET):
                raise
            proof.pause(pause)
    proof.outputs = {name: output["value"] for name, output in found.items()}
    missing = {"functionAppName", "baseUrl", "principalId", "cosmosEndpoint"} - {*proof.outputs}
    if missing:
        raise Failed(f"the deployment has no output {', '.join(sorted(missing))}")
    return []


def deploy_again(proof: Proof) -> list[str]:
    """Deploy once more; report what a what-if before it says would change."""
    words = ("what-if", "--no-pretty-print")
    asked = az("deployment", "group", *words, *_template(proof), JWT_SECRET=proof.secret)
    changes = [change for change in asked["changes"] if change["changeType"] not in _SAME]
    _create(proof)
    if not changes:
        return ["a what-if before the second deployment foresaw no change"]
    return [f"a what-if before it foresaw {_shown(change)}" for change in changes]


_SAME = {"NoChange", "Ignore"}


def _shown(change: dict[str, Any]) -> str:
    kind, name = change["resourceId"].split("/")[-2:]
    places = [difference["path"] for difference in change.get("delta") or []]
    return f"{change['changeType']} of {kind} {name}: {', '.join(places) or 'no detail'}"


def _create(proof: Proof) -> dict[str, Any]:
    query = ("--query", "properties.outputs")
    words = ("deployment", "group", "create", *_template(proof), *query)
    found: dict[str, Any] = az(*words, JWT_SECRET=proof.secret) or {}
    return found


def _template(proof: Proof) -> tuple[str, ...]:
    parameters = f"infra/{proof.plan}.bicepparam"
    return ("-g", proof.group.name, "-f", "infra/main.bicep", "-p", parameters)


def check_roles(proof: Proof) -> list[str]:
    """Look whether the app has its roles, each at one resource, and no other."""
    principal = proof.outputs["principalId"]
    wanted = _ROLES | (_STORAGE_ROLES if proof.plan == "flex" else set())
    who = ("--assignee-object-id", principal, "--fill-principal-name", "false")
    given = az("role", "assignment", "list", "--all", *who)
    found = {role["roleDefinitionName"] for role in given if "/providers/" in role["scope"]}
    if found != wanted or len(given) != len(wanted):
        raise Failed(f"the app has the roles {sorted(found)}, not {sorted(wanted)}")
    account = proof.outputs["cosmosEndpoint"].split("//")[1].split(".")[0]
    where = ("-g", proof.group.name, "-a", account)
    on_data = az("cosmosdb", "sql", "role", "assignment", "list", *where)
    containers = {role["scope"].rpartition("/colls/")[2] for role in on_data}
    if containers != _CONTAINERS or {role["principalId"] for role in on_data} != {principal}:
        raise Failed(f"data roles are given on {sorted(containers)}")
    return [f"roles: {', '.join(sorted(found))}", f"on the data of {', '.join(sorted(containers))}"]


def check_logs(proof: Proof) -> list[str]:
    """Wait until requests and the app's own lines are in the workspace; report how many."""
    url = f"{_log_service()}/v1/workspaces/{_workspace(proof)}/query"
    body = json.dumps({"query": LOGS_QUERY, "timespan": "PT24H"})
    for left in reversed(range(20)):
        answer = az("rest", "--method", "post", "--url", url, "--body", body)
        rows = {kind: (count, failed) for kind, count, failed in answer["tables"][0]["rows"]}
        if {"AppRequests", "AppTraces"} <= rows.keys():
            return [f"{kind}: {n} rows, {bad} with a 5xx" for kind, (n, bad) in rows.items()]
        if left:
            proof.pause(30)
    raise Failed(f"after ten minutes the workspace holds only {sorted(rows) or 'nothing'}")


def _log_service() -> str:
    found = az("cloud", "show", "--query", "endpoints.logAnalyticsResourceId")
    return str(found).rstrip("/")


def _workspace(proof: Proof) -> str:
    group = f"/subscriptions/{{subscriptionId}}/resourceGroups/{proof.group.name}"
    kind = "providers/Microsoft.OperationalInsights/workspaces?api-version=2025-07-01"
    found = az("rest", "--url", f"{group}/{kind}", "--query", "value[].properties.customerId")
    if len(found) != 1:
        raise Failed(f"{len(found)} workspaces are in the group")
    return str(found[0])
