"""``python -m openapi``: write petstore/http/openapi.json, and its compressed copy next to it."""

import gzip

import function_app
from openapi import document

content = document.text(function_app.app.operations).encode()
document.FILE.write_bytes(content)
document.COMPRESSED.write_bytes(gzip.compress(content, mtime=0))
