"""Errors that are the user's to mend: their message is all there is to show."""


class UserError(Exception):
    """The command ends with this message and exit code 1, without a traceback."""
