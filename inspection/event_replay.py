"""`events replay`: have a service take a stream's events once more."""

from local_stack.service_commands import manage, read_json
from local_stack.stack import Stack
from local_stack.user_errors import UserError


class CannotReplay(UserError):
    """The service doesn't follow the stream, or the stream has no such position."""


def replay(stack: Stack, service_name: str, stream: str, first: int) -> int:
    """Move a service's cursor back, so that it reads the stream again from position `first` on."""
    subscribers = stack.system.subscribers
    service = next((one for one in subscribers if one.name == service_name), None)
    if service is None or stream not in service.follows:
        known = "; ".join(f"{one.name}: {', '.join(one.follows)}" for one in subscribers)
        raise CannotReplay(f"{service_name} doesn't follow {stream}. Who follows what: {known}.")
    last_id = _last_id(stack, stream, first)
    return manage(stack, service, "events", "replay", stream, "--from", str(first), *last_id)


def _last_id(stack: Stack, stream: str, first: int) -> tuple[str, ...]:
    publisher = stack.system.publisher_of(stream)
    assert publisher is not None, "a stream that is followed has a publisher"
    if first <= 1:
        return ()
    place = ("--stream", stream, "--position", str(first - 1))
    answer = read_json(stack, [publisher], "events", "search", "--json", *place)[publisher.name]
    if answer.error:
        raise CannotReplay(f"The log of {publisher.name} can't be read: {answer.error}")
    if not answer.value:
        raise CannotReplay(f"{stream} has no position {first - 1}.")
    return ("--last-id", answer.value[0]["event_id"])
