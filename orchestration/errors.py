"""The one exception a user is meant to read."""


class EntrepotError(Exception):
    """Something a person can mend. The text says what is wrong, where, what to do and what was kept."""
