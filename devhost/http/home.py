"""The way from the host's own addresses to the page that an app names."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from devhost.http.requests import Handler, Request
from devhost.http.responses import Response

_HTML = "text/html"


@dataclass(frozen=True)
class Home:
    """Leads from ``/``, and from the last part of the page's path, to the page.

    Only what no function answers is led there, and ``/`` not where
    ``AzureWebJobsDisableHomepage`` has taken it out.

    Attributes:
        page: the page's path, without a slash at the beginning; empty for none.
        prefix: what stands before each route.
    """

    page: str
    prefix: str

    def wrap(self, handle: Handler) -> Handler:
        """Return a handler that leads to the page where the given one has no function."""
        if not self.page:
            return handle

        async def answer(request: Request) -> tuple[Response, str]:
            response, function = await handle(request)
            if function == "-" and self._leads(request, response):
                return self._lead(request), function
            return response, function

        return answer

    def _leads(self, request: Request, response: Response) -> bool:
        path = request.target.partition("?")[0]
        is_home = path == "/" and response.status == HTTPStatus.OK
        is_short = path.removesuffix("/") == f"/{self.page.rpartition('/')[2]}"
        is_short = is_short and response.status == HTTPStatus.NOT_FOUND
        return request.method in {"GET", "HEAD"} and (is_home or is_short)

    def _lead(self, request: Request) -> Response:
        """Lead browsers to the page, and give others its link."""
        accepted = ",".join(value for name, value in request.headers if name.lower() == "accept")
        vary = ("Vary", "Accept")
        if _HTML in accepted:
            return Response(HTTPStatus.SEE_OTHER, [("Location", f"/{self.page}"), vary])
        links = {"page": f"/{self.page}", "functions": f"/{self.prefix}"}
        return Response(
            HTTPStatus.OK, [("Content-Type", "application/json"), vary], json.dumps(links).encode()
        )
