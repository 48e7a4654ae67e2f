"""Cross-origin requests as Core Tools answers them where local.settings.json has ``Host.CORS``.

In Azure the platform does it; an app that answers CORS itself leaves the setting out. The rules are
those of ASP.NET's middleware (https://learn.microsoft.com/aspnet/core/security/cors), with any
header and any method.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from devhost.http.requests import Handler, Request
from devhost.http.responses import Response

_ANY = "*"
_ORIGIN = "Access-Control-Allow-Origin"


@dataclass(frozen=True)
class Cors:
    """Whose pages may read answers.

    Attributes:
        origins: the origins, or one ``*`` for all; empty where the app answers for itself.
        has_credentials: whether pages may send cookies.
    """

    origins: tuple[str, ...] = ()
    has_credentials: bool = False

    def wrap(self, handle: Handler) -> Handler:
        """Return a handler that answers preflights, and adds to the given one's answers."""
        if not self.origins:
            return handle

        async def answer(request: Request) -> tuple[Response, str]:
            headers = {name.lower(): value for name, value in request.headers}
            origin = headers.get("origin")
            if origin is None:
                return await handle(request)
            if request.method == "OPTIONS" and "access-control-request-method" in headers:
                return Response(HTTPStatus.NO_CONTENT, self._allow_request(headers)), "-"
            response, function = await handle(request)
            return self._add(response, origin), function

        return answer

    def _allow_request(self, headers: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return the headers of the answer to a preflight; none for other origins."""
        allowed = self._allow(headers["origin"])
        if not allowed:
            return []
        if names := headers.get("access-control-request-headers"):
            allowed.append(("Access-Control-Allow-Headers", names))
        method = headers["access-control-request-method"]
        return [*allowed, ("Access-Control-Allow-Methods", method)]

    def _add(self, response: Response, origin: str) -> Response:
        """Add the headers in place of those that a function set."""
        added = self._allow(origin)
        names = {name.lower() for name, _ in added} - {"vary"}
        kept = [pair for pair in response.headers if pair[0].lower() not in names]
        return replace(response, headers=[*kept, *added])

    def _allow(self, origin: str) -> list[tuple[str, str]]:
        if self.origins == (_ANY,):
            return [(_ORIGIN, _ANY)]
        if origin not in self.origins:
            return []
        allowed = [(_ORIGIN, origin)]
        if self.has_credentials:
            allowed.append(("Access-Control-Allow-Credentials", "true"))
        if len(self.origins) > 1:
            allowed.append(("Vary", "Origin"))
        return allowed
