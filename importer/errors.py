"""Why an import cannot begin or go on; the messages are meant for the person who runs it."""


class BrokenOff(Exception):
    """The import cannot go on; running it again later does."""


class Unreachable(BrokenOff):
    """No server was there from the beginning."""


class BadFile(BrokenOff):
    """The file cannot be imported as it stands; the message names the line where there is one."""


class Interrupted(BrokenOff):
    """Somebody pressed Ctrl-C."""
