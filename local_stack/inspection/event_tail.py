"""`events tail`: what was told last, and what is told now."""

import json
import time

from local_stack.console import out
from local_stack.inspection.event_logs import Logs, Told
from local_stack.stack import Stack

_EVERY = 0.5
_TELLING = {"status", "title", "cancel_reason", "reason_code", "reason"}


def tail(stack: Stack, *, stream: str, lines: int, follow: bool) -> int:
    """Print the last events, of one stream or of all; with `follow` go on until interrupted."""
    logs = Logs(stack)
    shown: dict[str, int] = {}
    for told in logs.find("%s IN ('', stream)", stream, last=lines):
        _show(told)
        shown[told.service] = max(told.id, shown.get(told.service, 0))
    while follow:
        time.sleep(_EVERY)
        newest = min(shown.values(), default=0)
        for told in logs.find("%s IN ('', stream) AND id > %s", stream, newest):
            if told.id > shown.get(told.service, 0):
                _show(told)
                shown[told.service] = told.id
    return 0


def _show(told: Told) -> None:
    at = told.occurred_at.astimezone().strftime("%H:%M:%S.%f")[:-3]
    place = f"{told.stream}:{told.position or 'unnumbered'}"
    out.print(f"{at}  {place:<16} {told.type:<24} {told.aggregate_id}  {_in_short(told)}", markup=False)


def _in_short(told: Told) -> str:
    named = {name: value for name, value in told.data.items() if name in _TELLING and value}
    return json.dumps(named, ensure_ascii=False) if named else ""
