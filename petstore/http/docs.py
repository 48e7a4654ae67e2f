"""The description of the API: the OpenAPI document, and Swagger UI to try it.

Swagger UI's files are built in by ``scripts/swagger-ui`` where npm is installed, and come from a
CDN, pinned by version and by hash (Subresource Integrity), where they are not. They are compressed
when they are built; smaller files once in each process.
"""

import gzip
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import azure.functions as func

from petstore.http.negotiation import JSON, accepts_gzip
from petstore.http.problems import not_found
from petstore.http.representations import content_tag
from petstore.http.responses import json_answer

VERSION = "5.35.0"
CDN = f"https://cdn.jsdelivr.net/npm/swagger-ui-dist@{VERSION}"
# sha384 of the files of that version
HASHES = {
    "swagger-ui.css": "WlYgdmXYOOBWL5apwjDEZwN+U3HmXSSu5R6V5aGxEcf7z+KuRNwBhoxKVN1i3D5I",
    "swagger-ui-bundle.js": "gjRm0bEPMeTmMh5jT2cHccIwCUZSTd8YC+j0d0sXw0MdGEfScduGpSyF3ZSSLkX9",
}
_HERE = Path(__file__).parent
BUILT_IN = _HERE / "swagger-ui"
_PAGE = _HERE / "page"
_OWN = ("page.css", "start.js")
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
_LINKS = {
    "pets": "pets",
    "documentation": "docs",
    "openapi": "openapi.json",
    "ready": "health/ready",
}
_KEEP = "public, max-age=3600"


def document_answer(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with the OpenAPI document."""
    return _file_answer(req, _HERE / "openapi.json", JSON)


def root_answer(req: func.HttpRequest) -> func.HttpResponse:
    """Answer at the API's root: browsers are led to the page, others get links.

    The links are relative to the request, so that they lead on under any prefix.
    """
    path = req.url.partition("?")[0]
    base = "" if path.endswith("/") else f"{path.rpartition('/')[2]}/"
    if "text/html" in req.headers.get("accept", ""):
        return func.HttpResponse(
            status_code=HTTPStatus.SEE_OTHER, headers={"Location": f"{base}docs"}
        )
    return json_answer({name: f"{base}{place}" for name, place in _LINKS.items()})


def page_answer(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with the page; it may load nothing but Swagger UI and ask nobody but this API."""
    # Relative to /api/docs and to /api/docs/ alike.
    inside = req.url.partition("?")[0].endswith("/")
    base = "" if inside else "docs/"
    built_in = all(_is_there(BUILT_IN / name) for name in HASHES)
    place, allowed = (base, "'self'") if built_in else (f"{CDN}/", f"'self' {CDN}/")
    page = (_PAGE / "index.html").read_text("utf-8")
    content = page.format(
        base=base,
        document="../openapi.json" if inside else "openapi.json",
        css=f"{place}swagger-ui.css",
        js=f"{place}swagger-ui-bundle.js",
        css_hash="" if built_in else _integrity("swagger-ui.css"),
        js_hash="" if built_in else _integrity("swagger-ui-bundle.js"),
        source="" if built_in else _source(),
    )
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src {allowed} 'unsafe-inline';"
        " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    return func.HttpResponse(content, headers=headers, mimetype="text/html")


def asset_answer(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with the file of the page that the route names."""
    name = req.route_params["asset"]
    file = (_PAGE if name in _OWN else BUILT_IN) / name
    if name not in {*_OWN, *HASHES} or not _is_there(file):
        return not_found()
    return _file_answer(req, file, _MEDIA_TYPES[file.suffix])


def read(file: Path) -> bytes:
    """Return the content of a file, which may lie there as it is or compressed (.gz)."""
    return file.read_bytes() if file.is_file() else gzip.decompress(_packed(file).read_bytes())


def _read_compressed(file: Path) -> bytes:
    packed = _packed(file)
    return packed.read_bytes() if packed.is_file() else _compress(file.read_bytes())


@lru_cache(maxsize=8)
def _compress(content: bytes) -> bytes:
    # A fixed time: each instance must find the same tag.
    return gzip.compress(content, mtime=0)


def _file_answer(req: func.HttpRequest, file: Path, media_type: str) -> func.HttpResponse:
    compressed = accepts_gzip(req)
    content = _read_compressed(file) if compressed else read(file)
    # Each coding is a representation of its own (RFC 9110, 8.8.3.3), and so has its own tag.
    headers = {
        "ETag": content_tag(content),
        "Cache-Control": _KEEP,
        "Vary": "Accept-Encoding",
        **({"Content-Encoding": "gzip"} if compressed else {}),
    }
    return func.HttpResponse(content, headers=headers, mimetype=media_type)


def _packed(file: Path) -> Path:
    return file.with_name(f"{file.name}.gz")


def _is_there(file: Path) -> bool:
    return file.is_file() or _packed(file).is_file()


def _source() -> str:
    """Return the part of the page that says where Swagger UI comes from."""
    text = (_PAGE / "source.html").read_text("utf-8")
    return text.format(cdn=CDN, host=urlsplit(CDN).hostname)


def _integrity(name: str) -> str:
    return f' integrity="sha384-{HASHES[name]}" crossorigin="anonymous"'
