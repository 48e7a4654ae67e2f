"""List prices, from one file: each with unit, date, source and where to look it up."""

import datetime as dt
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from costs.errors import BadInput

FILE = Path(__file__).with_name("prices.json")
_AGE = 365  # days after which a price is called out
_FIX = "Fix that entry, or get the file back with `git checkout costs/prices.json`."
_TEXTS = ("unit", "source", "link")


@dataclass(frozen=True)
class Price:
    """A price, or a grant: what is free each month.

    Attributes:
        name: how the sums call it.
        amount: how much, in the file's currency for a unit; for a grant, how many units.
        unit: for what.
        region: whose price it is.
        date: when it was quoted; None where the source does not say.
        is_verified: whether the source is Azure's own page or API, read by us.
        source: who quoted it.
        link: where to look it up.
    """

    name: str
    amount: float
    unit: str
    region: str
    date: dt.date | None
    is_verified: bool
    source: str
    link: str


class Prices(Mapping[str, float]):
    """The amounts by name, as they are in one region.

    Args:
        found: the prices by name.
        currency: of all of them.
        region: the region asked for.
    """

    def __init__(self, found: Mapping[str, Price], currency: str, region: str) -> None:
        self._found = found
        self.currency = currency
        self.region = region

    def __getitem__(self, name: str) -> float:
        """Return an amount; BadInput where the file has no such price."""
        if name not in self._found:
            raise BadInput(f"{FILE.name}: there is no price {name!r}. {_FIX}")
        return self._found[name].amount

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._found)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._found)

    def all(self) -> list[Price]:
        """Return every price with what is known of it."""
        return list(self._found.values())

    def warnings(self, today: dt.date) -> list[str]:
        """Return what a reader must know: prices that are old, unverified or of another region."""
        old = [one for one in self.all() if one.date and (today - one.date).days > _AGE]
        undated = [one.name for one in self.all() if one.date is None]
        unverified = [one.name for one in self.all() if not one.is_verified]
        foreign = [one for one in self.all() if one.region not in {self.region, "all"}]
        warnings = [f"older than a year: {one.name} (of {one.date}); see {one.link}" for one in old]
        if undated:
            warnings.append(f"of unknown age: {'; '.join(undated)}")
        if foreign:
            names = "; ".join(f"{one.name} ({one.region})" for one in foreign)
            warnings.append(
                f"no price of {self.region} is known, another region's is used: {names}"
            )
        if unverified:
            warnings.append(f"second-hand, not read from Azure's own page: {'; '.join(unverified)}")
        return warnings


def read_prices(region: str, file: Path = FILE) -> Prices:
    """Read the prices of a region; where one has none, another region's stands in.

    Raises:
        BadInput: the region is unknown, or the file is damaged.
    """
    content = _content(file)
    entries: dict[str, Any] = dict(content["prices"])
    try:
        regions = {place for entry in entries.values() for place in entry["amounts"]} - {"all"}
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{file.name}: a price has no amounts by region. {_FIX}") from error
    if region not in regions:
        known = ", ".join(sorted(regions))
        raise BadInput(
            f"Unknown region {region!r}. Prices are known for {known}: take one of these, or add"
            f" amounts of {region} to {file.name}."
        )
    found = {name: _price(file, name, entry, region) for name, entry in entries.items()}
    return Prices(found, content["currency"], region)


def _content(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise BadInput(f"{file.name} cannot be read ({error}). {_FIX}") from error
    if (
        not isinstance(content, dict)
        or not isinstance(content.get("prices"), dict)
        or not isinstance(content.get("currency"), str)
    ):
        raise BadInput(f"{file.name} must hold an object with currency and prices. {_FIX}")
    return content


def _price(file: Path, name: str, entry: dict[str, Any], region: str) -> Price:
    place = next((one for one in (region, "all") if one in entry["amounts"]), None)
    place = place or next(iter(entry["amounts"]), None)
    if place is None:
        raise BadInput(f"{file.name}: {name} has no amounts. {_FIX}")
    amount = entry["amounts"][place]
    is_number = isinstance(amount, int | float) and not isinstance(amount, bool)
    if not is_number or not math.isfinite(amount) or amount < 0:
        raise BadInput(f"{file.name}: {name} must be a number from 0 up, not {amount!r}. {_FIX}")
    for member in _TEXTS:
        if not isinstance(entry.get(member), str) or not entry[member]:
            raise BadInput(f"{file.name}: {name} has no {member}. {_FIX}")
    try:
        quoted = None if entry["date"] is None else dt.date.fromisoformat(entry["date"])
        is_verified = bool(entry["verified"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"{file.name}: {name} needs date (YYYY-MM-DD or null) and verified. {_FIX}"
        ) from error
    unit, source, link = (entry[member] for member in _TEXTS)
    return Price(name, float(amount), unit, place, quoted, is_verified, source, link)
