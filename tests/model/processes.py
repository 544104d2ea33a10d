"""The parent's end of the pipes: one child process per service."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]


class Refusal(Exception):
    """The service said no; the message is the name of its error."""


class Died(Exception):
    """The worker was killed at work; the next one has taken over."""


class Child:
    """One service. `call_provider` answers its requests to the provider.

    It raises Died to have it killed there.
    """

    def __init__(self, service: str, address: str, call_provider: Callable[[Message], Message]) -> None:
        self.service = service
        environment = os.environ | {
            f"{service.upper()}_DATABASE_URL": address,
            "DJANGO_LOG_LEVEL": "CRITICAL",
        }
        self._ask_bank = call_provider
        self._process = subprocess.Popen(
            (sys.executable, "-m", "tests.model.child", service),
            env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._worker = 0
        #: Whether it was left in the middle of something.
        self.is_busy = False

    def call(self, do: str, now: str, **arguments: Any) -> Any:
        """Have it do something and return its answer. Raises Refusal, Died."""
        self.begin(do, now, **arguments)
        return self.finish()

    def begin(self, do: str, now: str, **arguments: Any) -> None:
        """Have it do something; `finish` returns the answer."""
        self.is_busy = True
        self._send({"do": do, "with": arguments, "now": now})

    def finish(self) -> Any:
        """Return the answer to what was begun last. Raises Refusal, Died."""
        while "provider" in (message := self._receive()):
            try:
                answer = self._ask_bank(message["provider"])
            except Died:
                self.restart()
                raise
            self._send({"provider": answer})
        self.is_busy = False
        if "refused" in message:
            raise Refusal(message["refused"])
        assert "failed" not in message, f"{self.service} failed:\n{message['failed']}"
        return message["answer"]

    def wait(self) -> None:
        """Wait for its next worker, whatever the one before still had to say."""
        while "hello" not in (message := self._receive()):
            pass
        self._worker, self.is_busy = message["hello"], False

    def restart(self) -> None:
        """Kill its worker, and wait for the next one."""
        os.kill(self._worker, signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        """End it: it ends by itself when its input is closed."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _send(self, message: Message) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _receive(self) -> Message:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, f"the {self.service} child is gone"
        message: Message = json.loads(line)
        return message
