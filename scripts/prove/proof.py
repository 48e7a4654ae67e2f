"""What the steps of a proof share."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from scripts.prove.group import Group


@dataclass
class Proof:
    """One run.

    Attributes:
        plan: ``flex`` or ``consumption``.
        location: Azure region.
        idle: minutes to leave the app alone before the measurement of a cold start; 0 for none.
        group: where everything is.
        pause: waits for a number of seconds.
        secret: signs the tokens of this run.
        outputs: those of the deployment.
    """

    plan: str
    location: str
    idle: int
    group: Group
    pause: Callable[[float], None]
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return the API's base URL."""
        return self.outputs["baseUrl"]

    @property
    def app(self) -> str:
        """Return the name of the function app."""
        return self.outputs["functionAppName"]
