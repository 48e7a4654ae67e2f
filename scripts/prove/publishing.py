"""The steps that publish the app, in each of the two ways, and run the smoke test on it."""

import sys

from scripts.prove.commands import Failed, az, run
from scripts.prove.proof import Proof

_PATIENCE = "300"


def publish_built_in_azure(proof: Proof) -> list[str]:
    """Let Azure install the packages; then look at the app from outside."""
    return _publish(proof)


def publish_package(proof: Proof) -> list[str]:
    """Publish what `make package` builds; then look at the app from outside."""
    return _publish(proof, f"PLAN={proof.plan}")


def _publish(proof: Proof, *words: str) -> list[str]:
    for pause in (30, 60, 0):
        try:
            run("make", "publish", f"NAME={proof.app}", *words)
            break
        except Failed:
            # Right after the first deployment the storage may still refuse the new role.
            if not pause:
                raise
            proof.pause(pause)
    return [f"{_count(proof)} functions are listed", *_smoke(proof)]


def _count(proof: Proof) -> int:
    """Return how many functions Azure has found; wait a little for the first."""
    for pause in (20, 20, 20, 0):
        words = ("-g", proof.group.name, "-n", proof.app, "--query", "length(@)")
        if found := az("functionapp", "function", "list", *words):
            return int(found)
        proof.pause(pause)
    raise Failed("publishing succeeded, but Azure lists no function: an error at import?")


def _smoke(proof: Proof) -> list[str]:
    token = run("make", "-s", "token", "USER=smoke", JWT_SECRET=proof.secret).strip()
    command = (sys.executable, "scripts/smoke", "--wait", _PATIENCE, proof.url)
    return ["the smoke test passed:", *run(*command, PETSTORE_TOKEN=token).splitlines()]
