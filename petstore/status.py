"""The states of a pet; apart from ``models`` so that reading a query needs no pydantic."""

from typing import Literal

Status = Literal["available", "pending", "sold"]
