"""`events replay`: have a service take a stream's events once more."""

from local_stack.inspection.event_logs import Logs
from local_stack.service_commands import manage
from local_stack.stack import Stack
from local_stack.user_errors import UserError

_LAST_ID = """
    SELECT event_id FROM shared_events_loggedevent WHERE stream = %s AND position = %s
    UNION ALL SELECT event_id FROM shared_events_archivedevent WHERE stream = %s AND position = %s
"""


class CannotReplay(UserError):
    """The service doesn't follow the stream, or the stream has no such position."""


def replay(stack: Stack, service_name: str, stream: str, first: int) -> int:
    """Move a service's cursor back, so that it reads the stream again from position `first` on."""
    logs = Logs(stack)
    service = next((one for one in logs.subscribers if one.name == service_name), None)
    if service is None or stream not in service.follows:
        known = "; ".join(f"{one.name}: {', '.join(one.follows)}" for one in logs.subscribers)
        raise CannotReplay(f"{service_name} doesn't follow {stream}. Who follows what: {known}.")
    return manage(
        stack, service, "replay_stream", stream, "--from", str(first), *_last_id(logs, stream, first)
    )


def _last_id(logs: Logs, stream: str, first: int) -> tuple[str, ...]:
    publisher = logs.publisher_of(stream)
    assert publisher is not None, "somebody publishes what is followed"
    if first <= 1:
        return ()
    rows = logs.ask(publisher, _LAST_ID, stream, first - 1, stream, first - 1)
    if not rows:
        raise CannotReplay(f"{stream} has no position {first - 1}.")
    return ("--last-id", str(rows[0][0]))
