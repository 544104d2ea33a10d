"""Calls of several APIs at once, in threads, for one visitor's page."""

from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from frontend_service.clients.errors import ApiError, Forbidden, SignedOut
from frontend_service.clients.gateway import Gateway

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")
#: How many calls of one page run at a time.
MAX_THREADS = 8


@dataclass(frozen=True)
class Answers(Generic[Key, Found]):
    """What was answered, and the errors of the calls that weren't, each by the call's key."""

    found: dict[Key, Found] = field(default_factory=dict)
    failed: dict[Key, ApiError] = field(default_factory=dict)


def call_all(gateway: Gateway, calls: Mapping[Key, Callable[[Gateway], Found]]) -> Answers[Key, Found]:
    """Make all calls at once, and wait for them all. Each gets a gateway of its own.

    Raises `SignedOut` or `Forbidden` where one call did: they are about the visitor, not about the service.
    """
    answers: Answers[Key, Found] = Answers()
    if not calls:
        return answers
    with ThreadPoolExecutor(max_workers=min(MAX_THREADS, len(calls))) as threads:
        # Each thread logs with the page's request id.
        started: dict[Key, Future[Found]] = {
            key: threads.submit(copy_context().run, call, gateway.copy()) for key, call in calls.items()
        }
    for key, future in started.items():
        try:
            answers.found[key] = future.result()
        except (SignedOut, Forbidden):
            raise
        except ApiError as error:
            answers.failed[key] = error
    return answers
