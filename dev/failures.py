"""What can go wrong on somebody's machine, worded for whoever sits there."""


class CannotRun(Exception):
    """Parley cannot be started or stopped here; the message is one line that says why."""


class RunsAlready(CannotRun):
    """There is nothing to start; the message says where it is."""
