"""Pictures that say what they show: the text of a page inside its PNG (PNG, 11.3.3.4: iTXt)."""

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"Description\0\0\0\0\0"  # not compressed; no language, no translated keyword
_END = struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))


def with_text(picture: bytes, text: str) -> bytes:
    """Return the picture with this text in it."""
    content = b"iTXt" + _KEYWORD + text.encode()
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    assert picture.endswith(_END)
    return picture.removesuffix(_END) + chunk + _END


def text_of(picture: bytes) -> str | None:
    """Return the text in a picture, or None."""
    assert picture.startswith(_SIGNATURE)
    place = len(_SIGNATURE)
    while place < len(picture):
        (size,) = struct.unpack_from(">I", picture, place)
        kind, content = picture[place + 4 : place + 8], picture[place + 8 : place + 8 + size]
        if kind == b"iTXt" and content.startswith(_KEYWORD):
            return content.removeprefix(_KEYWORD).decode()
        place += size + 12
    return None
