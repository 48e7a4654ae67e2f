"""Progress on standard error: one line, rewritten on a terminal, else a line every ten seconds."""

import asyncio
import os
from typing import TextIO

from importer.source import Source
from importer.totals import Totals

_ON_TERMINAL = 0.2  # seconds between two lines
_ELSEWHERE = 10.0  # seconds
_BAR = 20  # characters
_WIDTH = 80  # columns, when the terminal does not say


class Progress:
    """Shows how far the import is.

    Args:
        source: the file that is being read.
        totals: the counts so far.
        stream: where to show it.
    """

    def __init__(self, source: Source, totals: Totals, stream: TextIO) -> None:
        self._source = source
        self._totals = totals
        self._stream = stream
        self._is_terminal = stream.isatty()

    async def run(self) -> None:
        """Show progress until cancelled."""
        while True:
            await asyncio.sleep(_ON_TERMINAL if self._is_terminal else _ELSEWHERE)
            self.show()

    def show(self) -> None:
        """Show progress once."""
        if self._is_terminal:
            self._stream.write(f"\r{self.line()[: self._find_width() - 1]}\x1b[K")
        else:
            self._stream.write(self.line() + "\n")
        self._stream.flush()

    def end(self) -> None:
        """Show the final state and end the line."""
        self._totals.trouble = ""
        self.show()
        if self._is_terminal:
            self._stream.write("\n")
            self._stream.flush()

    def line(self) -> str:
        """Return the line: bar, percent, rows, rows a second, time left, refused, trouble."""
        totals, done = self._totals, self._source.position / self._source.size
        bar = "#" * int(done * _BAR)
        parts = [
            f"[{bar:.<{_BAR}}] {done:4.0%}" if self._is_terminal else f"{done:.0%}",
            f"{totals.rows:,} rows",
            f"{totals.rate:,.0f} rows/s",
            f"{_format_time(totals.seconds * (1 - done) / done)} left"
            if done and totals.rows
            else "",
            f"{totals.refused:,} refused",
            totals.trouble,
        ]
        return "  ".join(part for part in parts if part)

    def _find_width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _WIDTH
        except OSError:
            return _WIDTH


def _format_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
