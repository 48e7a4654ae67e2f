"""The description of the API: the OpenAPI document, and Swagger UI to try it.

Swagger UI's files are built in by ``scripts/swagger-ui`` where npm is at hand, and come from a
CDN, pinned by version and by hash (Subresource Integrity), where they are not.
"""

from pathlib import Path

import azure.functions as func

from petstore.http.problems import not_found
from petstore.http.representations import content_tag

VERSION = "5.35.0"
CDN = f"https://cdn.jsdelivr.net/npm/swagger-ui-dist@{VERSION}"
# sha384 of the files of that version
HASHES = {
    "swagger-ui.css": "WlYgdmXYOOBWL5apwjDEZwN+U3HmXSSu5R6V5aGxEcf7z+KuRNwBhoxKVN1i3D5I",
    "swagger-ui-bundle.js": "gjRm0bEPMeTmMh5jT2cHccIwCUZSTd8YC+j0d0sXw0MdGEfScduGpSyF3ZSSLkX9",
}
_HERE = Path(__file__).parent
BUILT_IN = _HERE / "swagger-ui"
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
_KEEP = "public, max-age=3600"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>PetStore API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{css}"{css_hash}>
</head>
<body>
<div id="swagger-ui"></div>
<script src="{js}"{js_hash}></script>
<script src="{start}"></script>
</body>
</html>
"""
_START = """window.ui = SwaggerUIBundle({
  url: new URL("../openapi.json", document.currentScript.src).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: true,
});
"""


def document_answer() -> func.HttpResponse:
    """Answer with the OpenAPI document."""
    return _file_answer((_HERE / "openapi.json").read_bytes(), "application/json")


def page_answer(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with the page; it may load nothing but Swagger UI and ask nobody but this API."""
    # Relative to /api/docs and to /api/docs/ alike.
    base = "" if req.url.partition("?")[0].endswith("/") else "docs/"
    built_in = (BUILT_IN / "swagger-ui-bundle.js").is_file()
    place, source = (base, "'self'") if built_in else (f"{CDN}/", f"'self' {CDN}/")
    page = _PAGE.format(
        css=f"{place}swagger-ui.css",
        js=f"{place}swagger-ui-bundle.js",
        start=f"{base}start.js",
        css_hash="" if built_in else _integrity("swagger-ui.css"),
        js_hash="" if built_in else _integrity("swagger-ui-bundle.js"),
    )
    policy = (
        f"default-src 'none'; script-src {source}; style-src {source} 'unsafe-inline';"
        " img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    return func.HttpResponse(page, headers=headers, mimetype="text/html")


def asset_answer(name: str) -> func.HttpResponse:
    """Answer with one of the page's files."""
    if name == "start.js":
        return _file_answer(_START.encode(), _MEDIA_TYPES[".js"])
    if name not in HASHES or not (BUILT_IN / name).is_file():
        return not_found()
    return _file_answer((BUILT_IN / name).read_bytes(), _MEDIA_TYPES[Path(name).suffix])


def _file_answer(content: bytes, media_type: str) -> func.HttpResponse:
    headers = {"ETag": content_tag(content), "Cache-Control": _KEEP}
    return func.HttpResponse(content, headers=headers, mimetype=media_type)


def _integrity(name: str) -> str:
    return f' integrity="sha384-{HASHES[name]}" crossorigin="anonymous"'
