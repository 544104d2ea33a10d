"""The child's end of the pipe: one JSON message per line, and the clock that comes with each command."""

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

Command = Callable[..., Any]
Message = dict[str, Any]


class Clock:
    """The marketplace's clock, set by each command to the time of the database's clock."""

    def __init__(self) -> None:
        self.now: datetime | None = None

    def __call__(self) -> datetime:
        assert self.now is not None
        return self.now


class Pipe:
    """Answers commands. While it waits for the provider's answer it goes on answering commands."""

    def __init__(self, clock: Clock, answer: Callable[[Message], Message]) -> None:
        self._clock, self._answer = clock, answer
        self._messages = os.fdopen(os.dup(0), "rb")

    def serve(self) -> None:
        """Say who is here, then answer until the parent is gone."""
        self._send({"hello": os.getpid()})
        while True:
            self._run(self._receive())

    def call_provider(self, request: Message) -> Message:
        """Have the parent's provider answer a request, whatever else it wants done meanwhile."""
        self._send({"provider": request})
        while "provider" not in (message := self._receive()):
            self._run(message)
        answer: Message = message["provider"]
        return answer

    def _run(self, command: Message) -> None:
        self._clock.now = datetime.fromisoformat(command["now"])
        self._send(self._answer(command))

    def _receive(self) -> Message:
        line = self._messages.readline()
        if not line:
            os._exit(0)
        message: Message = json.loads(line)
        return message

    def _send(self, message: Message) -> None:
        sys.stdout.write(json.dumps(message, default=str) + "\n")
        sys.stdout.flush()
