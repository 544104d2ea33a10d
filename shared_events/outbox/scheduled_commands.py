"""Which countdowns the broker carries already: another like it, due at the same second, need not be sent."""

import json
from datetime import datetime

from django.utils import timezone

from shared_events.models import OutgoingCommand

_Key = tuple[str, str, datetime]


class ScheduledCommands:
    """What one relay has sent and is not yet due. If the broker has lost it, the sweep behind it remains."""

    def __init__(self) -> None:
        self._sent: set[_Key] = set()

    def is_scheduled(self, command: OutgoingCommand) -> bool:
        """Return whether a countdown that is under way will run the command."""
        # One that is due may have run before this command's transaction committed.
        return command.at is not None and command.at > timezone.now() and _key(command) in self._sent

    def remember(self, command: OutgoingCommand) -> None:
        """Remember that the command was sent; forget those that are due."""
        now = timezone.now()
        if command.at is not None and command.at > now:
            self._sent = {sent for sent in self._sent if sent[2] > now} | {_key(command)}


def _key(command: OutgoingCommand) -> _Key:
    assert command.at is not None
    return command.task, json.dumps(command.kwargs, sort_keys=True), command.at
