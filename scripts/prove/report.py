"""The report of a proof, in Markdown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """How one step went.

    Attributes:
        step: what it does.
        result: ``passed``, ``failed`` or ``not tried``.
        seconds: how long it took.
        lines: what it found.
    """

    step: str
    result: str
    seconds: float = 0
    lines: tuple[str, ...] = ()


@dataclass
class Report:
    """What is printed at the end, whatever happened.

    Attributes:
        title: plan, region and day.
        lines: versions, and which commit was deployed.
        rows: the steps so far.
    """

    title: str
    lines: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def has_passed(self) -> bool:
        """Return whether every step did."""
        return all(row.result == "passed" for row in self.rows)

    def result(self, step: str) -> str:
        """Return the result of a step that was reached."""
        return next(row.result for row in self.rows if row.step == step)

    def markdown(self, secret: str) -> str:
        """Return the text, without the secret and without ids of subscription and identities."""
        text = "\n".join(self._lines()).replace(secret, "SECRET")
        return _IDS.sub("ID", text) + "\n"

    def _lines(self) -> Iterator[str]:
        yield from (f"### {self.title}", "", *self.lines, "")
        yield from ("| step | result | seconds |", "|---|---|---|")
        for row in self.rows:
            result = row.result if row.result == "passed" else f"**{row.result}**"
            yield f"| {row.step} | {result} | {row.seconds:.0f} |"
        for row in self.rows:
            if row.lines:
                yield from ("", f"{row.step}:", "", "```", *row.lines, "```")
