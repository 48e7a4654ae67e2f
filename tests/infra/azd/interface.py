"""What azd reads of a compiled parameters file and of the deployed resources.

Sources in https://github.com/Azure/azure-dev, below ``cli/azd/pkg``: ``bicep_provider.go`` runs
``bicep build-params FILE --stdout`` with azd's environment, takes ``templateJson`` and
``parametersJson`` from it, and resolves each parameter's type in the template's definitions;
``deployment.go`` keeps outputs under their names, found without regard to case;
``resource_manager.go`` looks for the one host with the tag ``azd-service-name``.
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.infra.rules import Resource

# Types to which azd can publish code (isHostResource).
_HOSTS = {
    "Microsoft.Web/sites",
    "Microsoft.Web/staticSites",
    "Microsoft.App/containerApps",
    "Microsoft.App/jobs",
    "Microsoft.ContainerService/managedClusters",
}
_OF_A_GROUP = "/deploymentTemplate.json#"


def complaints_of_template(compiled: str) -> Iterator[str]:
    """Yield what azd cannot use of the compiler's output, or would ask a person for."""
    output = json.loads(compiled)
    template = json.loads(output["templateJson"])
    given = json.loads(output["parametersJson"])["parameters"]
    if not template["$schema"].endswith(_OF_A_GROUP):
        yield f"{template['$schema']} is not deployed into a resource group"
    for name, one in template["parameters"].items():
        if name not in given and "defaultValue" not in one:
            yield f"the parameter {name} has no value"
        if "$ref" in one and not _is_defined(template, one["$ref"]):
            yield f"the type of {name} is not defined"
    names = [name.lower() for name in template["outputs"]]
    yield from (f"two outputs are called {name}" for name in names if names.count(name) > 1)


def _is_defined(template: dict[str, Any], reference: str) -> bool:
    return reference.removeprefix("#/definitions/") in template.get("definitions", {})


def complaints_of_resources(
    resources: list[Resource], service: str, environment: str
) -> Iterator[str]:
    """Yield what keeps azd from finding the service, or the resources of an environment."""
    tagged = [one for one in resources if one.get("tags", {}).get("azd-service-name") == service]
    hosts = [one["name"] for one in tagged if one["type"] in _HOSTS]
    if len(hosts) != 1:
        yield f"{len(hosts)} hosts are tagged azd-service-name: {service}"
    for one in resources:
        if "tags" in one and one["tags"].get("azd-env-name") != environment:
            yield f"{one['type']} is not tagged azd-env-name: {environment}"
