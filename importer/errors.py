"""Why an import cannot start or continue; the messages are for the person who runs it."""


class BrokenOff(Exception):
    """The import cannot continue; it can be run again later."""


class Unreachable(BrokenOff):
    """No server could be reached from the start."""


class BadFile(BrokenOff):
    """The file cannot be imported; the message names the line if there is one."""


class Interrupted(BrokenOff):
    """The user pressed Ctrl-C."""
