"""What comes in and what goes out, as pydantic models.

Every rule stands here as a pydantic constraint that JSON Schema can say too, so that the OpenAPI
document and the code cannot disagree. Dates and times are kept as their RFC 3339 text.
"""

import re
from datetime import date
from itertools import islice
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from petstore.errors import InvalidBody, InvalidOrder, InvalidPet, Violation
from petstore.limits import (
    BREED_LENGTH,
    DESCRIPTION_LENGTH,
    EMAIL,
    EMAIL_LENGTH,
    IGNORABLE,
    LINE,
    NAME_LENGTH,
    NOTE_LENGTH,
    PHOTO_URLS,
    POINTER_STEP_LENGTH,
    SPECIES_LENGTH,
    TAG_LENGTH,
    TAGS,
    URL,
    URL_LENGTH,
    USER_LENGTH,
    VIOLATIONS,
    OrderStatus,
    Status,
)

# Text of several lines: tab, line feed and carriage return are the only control characters.
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
_IGNORABLE = re.compile(IGNORABLE)


def _visible(text: str) -> str:
    if _IGNORABLE.search(text) and not re.fullmatch(LINE, _IGNORABLE.sub("", text)):
        raise PydanticCustomError("string_pattern_mismatch", "This text shows nothing")
    return text


Line = Annotated[str, Field(pattern=LINE)]
_VISIBLE = AfterValidator(_visible)
Email = Annotated[str, Field(pattern=EMAIL, max_length=EMAIL_LENGTH)]
Url = Annotated[str, Field(pattern=URL, max_length=URL_LENGTH)]


def _real_date(text: str) -> str:
    date.fromisoformat(text)
    return text


# In JSON Schema format tells the pattern as well, and the days of each month.
Date = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(_real_date),
    WithJsonSchema({"type": "string", "format": "date", "maxLength": 10}),
]
Timestamp = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time", "maxLength": 24})
]


class _Identity(BaseModel):
    id: Annotated[str, WithJsonSchema({"type": "string", "format": "uuid", "maxLength": 36})]


class _Details(BaseModel):
    name: Annotated[Line, Field(min_length=1, max_length=NAME_LENGTH), _VISIBLE]
    species: Annotated[Line, Field(min_length=1, max_length=SPECIES_LENGTH), _VISIBLE]
    breed: Annotated[Line, Field(min_length=1, max_length=BREED_LENGTH), _VISIBLE] | None = None
    description: Annotated[str, Field(max_length=DESCRIPTION_LENGTH, pattern=_TEXT)] | None = None
    birth_date: Date | None = None
    tags: Annotated[
        list[Annotated[Line, Field(min_length=1, max_length=TAG_LENGTH), _VISIBLE]],
        Field(max_length=TAGS),
    ] = []
    photo_urls: Annotated[list[Url], Field(max_length=PHOTO_URLS)] = []
    status: Status = "available"


class _Times(BaseModel):
    created_at: Timestamp
    updated_at: Timestamp


# The bases stand in reverse, since pydantic lists the members of the last base first.
class PetView(_Times, _Details, _Identity):
    """A pet as everybody may see it."""

    model_config = ConfigDict(frozen=True, strict=True)


class PetInput(_Details):
    """A pet as it is sent: all that a caller may decide, and nothing else."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    owner_email: Email | None = None


class OrderInput(BaseModel):
    """An order as it is sent: all that a buyer may decide.

    A day that has passed is accepted: whether it has depends on the place, and an order that is
    sent again tomorrow must stay good.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    ship_by: Date | None = None
    note: Annotated[str, Field(max_length=NOTE_LENGTH, pattern=_TEXT)] | None = None
    contact_email: Email | None = None


class OrderView(BaseModel):
    """An order as its buyer, the pet's owner and administrators may see it."""

    model_config = ConfigDict(frozen=True, strict=True)

    id: Annotated[str, WithJsonSchema({"type": "string", "format": "uuid", "maxLength": 36})]
    status: OrderStatus
    placed_at: Timestamp
    updated_at: Timestamp
    ship_by: Date | None
    note: Annotated[str, Field(max_length=NOTE_LENGTH, pattern=_TEXT)] | None
    buyer: Annotated[str, Field(max_length=USER_LENGTH, pattern=r"^[\s\S]*$")] | None
    contact_email: Email | None = None


class OrderPatch(BaseModel):
    """A merge patch of an order: what the pet's owner may change."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    status: OrderStatus = "placed"


def parse_pet(body: object) -> PetInput:
    """Check a decoded JSON body.

    Raises:
        InvalidPet: with the broken rules, at most ``VIOLATIONS`` of them.
    """
    return _parse(PetInput, body, InvalidPet)


def parse_order(body: object) -> OrderInput:
    """Check a decoded JSON body; raises InvalidOrder as ``parse_pet`` does InvalidPet."""
    return _parse(OrderInput, body, InvalidOrder)


def parse_order_patch(body: object) -> OrderPatch:
    """Check a decoded merge patch; raises as ``parse_order`` does."""
    return _parse(OrderPatch, body, InvalidOrder)


def _parse[Model: BaseModel](model: type[Model], body: object, invalid: type[InvalidBody]) -> Model:
    try:
        if isinstance(body, dict):
            _check_names(body, model, invalid)
        return model.model_validate(body)
    except ValidationError as error:
        raise invalid(_violations(error)) from None


def _check_names(
    body: dict[str, object], model: type[BaseModel], invalid: type[InvalidBody]
) -> None:
    """Refuse a body of many unknown members before each of them is looked at."""
    if len(body) > len(model.model_fields) + VIOLATIONS:
        unknown = (name for name in body if name not in model.model_fields)
        named = [_violation((name,), _UNKNOWN) for name in islice(unknown, VIOLATIONS)]
        raise invalid(named)


def _violations(error: ValidationError) -> list[Violation]:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        _violation(problem["loc"], _detail(problem["type"], problem["msg"]))
        for problem in problems[:VIOLATIONS]
    ]


def _violation(location: tuple[int | str, ...], detail: str) -> Violation:
    steps = [str(step) for step in location]
    if steps and len(steps[-1]) > POINTER_STEP_LENGTH:
        # An unknown member; a pointer that is cut short would name another one.
        detail = f"{detail} (its name has {len(steps.pop()):,} characters)"
    return Violation(_pointer(steps), detail)


def _pointer(steps: list[str]) -> str:
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)


_UNKNOWN = "This member is not known or not yours to set"


def _detail(kind: str, message: str) -> str:
    plain = {
        "extra_forbidden": _UNKNOWN,
        "string_pattern_mismatch": "This text is blank or not in the form that is needed here",
        "string_unicode": "This text holds an unpaired surrogate",
        "value_error": "There is no such date",
        "model_type": "The body must be a JSON object",
    }
    return plain.get(kind, message)
