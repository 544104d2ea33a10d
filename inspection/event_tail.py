"""`events tail`: the events that were published last, and those that come."""

import json
import time

from inspection.event_logs import LoggedEvent, Logs
from local_stack.console import out
from local_stack.stack import Stack

_EVERY = 0.5
_SHOWN_FIELDS = {"status", "title", "cancel_reason", "reason_code", "reason"}


def tail(stack: Stack, *, stream: str, lines: int, follow: bool) -> int:
    """Print the last events, of one stream or of all; with `follow` go on until interrupted."""
    criteria = ("--stream", stream) if stream else ()
    newest = {service.name: 0 for service in stack.system.publishers}
    with Logs(stack) as logs:
        found = logs.find(*criteria, "--last", str(lines))
        for event in found[-lines:]:
            _show(event)
        while follow:
            for event in found:
                newest[event.service] = max(newest[event.service], event.id)
            time.sleep(_EVERY)
            found = logs.find_after(newest, *criteria)
            for event in found:
                _show(event)
    return 0


def _show(event: LoggedEvent) -> None:
    out.print(f"{event.line()}  {_in_short(event)}", markup=False)


def _in_short(event: LoggedEvent) -> str:
    named = {name: value for name, value in event.data.items() if name in _SHOWN_FIELDS and value}
    return json.dumps(named, ensure_ascii=False) if named else ""
