"""What the stand-in shows of a deployment to who looks at it: roles, functions, logs, a restart."""

from dataclasses import dataclass, field
from typing import Any

from tests.infra.azure_cli.stand_in import SUBSCRIPTION, Answer, Azure, Body

PRINCIPAL = "44444444-4444-4444-4444-444444444444"
_GROUP = r"/resourcegroups/([\w.-]+)"
_RESOURCE = _GROUP + r"/providers/microsoft\.{}"
_CONTAINERS = ("pets", "idempotency", "events")


@dataclass
class Deployed:
    """The resources of a group as they are after a deployment and a publication.

    Attributes:
        roles: roles of the app, with the kind of resource on which each is given.
        functions: names of the functions that the platform has found.
        rows: what the workspace holds, by table; a table's rows, and how many have a 5xx.
        restarts: how often the app was restarted.
    """

    roles: dict[str, str]
    functions: list[str] = field(default_factory=lambda: ["create_pet", "list_pets"])
    rows: list[tuple[str, int, int]] = field(
        default_factory=lambda: [("AppRequests", 400, 0), ("AppTraces", 900, 0)]
    )
    restarts: int = 0

    def answer(self, azure: Azure) -> None:
        """Let the stand-in answer for these resources."""
        account = _RESOURCE.format(r"documentdb/databaseaccounts/([\w-]+)/sqlroleassignments")
        site = _RESOURCE.format(r"web/sites/([\w-]+)/")
        azure.further = {
            ("GET", "/providers/microsoft.authorization/roleassignments"): self._assignments,
            ("GET", "/providers/microsoft.authorization/roledefinitions"): self._definitions,
            ("GET", account): self._on_data,
            ("GET", site + "functions"): self._functions,
            ("POST", site + "restart"): self._restart,
            ("GET", _RESOURCE.format(r"operationalinsights/workspaces")): self._workspaces,
            ("POST", "/v1/workspaces/a-workspace/query"): self._query,
        }

    def _assignments(self, *_: str, body: Body | None) -> Answer:
        del body
        return _listed(
            {
                "name": name,
                "properties": {
                    "principalId": PRINCIPAL,
                    "principalType": "ServicePrincipal",
                    "roleDefinitionId": _definition(name),
                    "scope": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/{kind}/x",
                },
            }
            for name, kind in self.roles.items()
        )

    def _definitions(self, *_: str, body: Body | None) -> Answer:
        del body
        return _listed(
            {"id": _definition(name), "name": name, "properties": {"roleName": name}}
            for name in self.roles
        )

    def _on_data(self, group: str, account: str, *, body: Body | None) -> Answer:
        del body
        place = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/{account}/dbs/petstore"
        return _listed(
            {
                "id": name,
                "properties": {"principalId": PRINCIPAL, "scope": f"{place}/colls/{name}"},
            }
            for name in _CONTAINERS
        )

    def _functions(self, *_: str, body: Body | None) -> Answer:
        del body
        return _listed({"id": name, "name": name, "properties": {}} for name in self.functions)

    def _restart(self, *_: str, body: Body | None) -> Answer:
        del body
        self.restarts += 1
        return 200, {}, {}

    def _workspaces(self, *_: str, body: Body | None) -> Answer:
        del body
        return _listed([{"name": "log", "properties": {"customerId": "a-workspace"}}])

    def _query(self, *, body: Body | None) -> Answer:
        assert body is not None
        assert "AppRequests" in body["query"]
        return 200, {"tables": [{"name": "PrimaryResult", "rows": self.rows}]}, {}


def _listed(values: Any) -> Answer:
    return 200, {"value": list(values)}, {}


def _definition(name: str) -> str:
    place = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    return f"{place}/{name.replace(' ', '-')}"
