"""Show the state of this service's events.

Lag, unpublished events, dead letters, halted streams, skipped events and the relay's lease: a line for each
fact, or JSON for a program.
"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from shared_events.management.events.json_output import JsonOutput
from shared_events.status import PublishedStatus, SubscriberLag, read_status, read_subscriber_lag


def _add_arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "--subscriber",
        action="append",
        default=[],
        metavar="STREAM:POSITION",
        help="show how far one that has applied this position of a stream of this service is behind",
    )


def _read(options: dict[str, Any]) -> dict[str, Any]:
    """Raises CommandError for a stream that isn't this service's own."""
    status = read_status()
    published = {stream.stream: stream for stream in status.published}
    lags = [_lag_of(one, published) for one in options["subscriber"]]
    return {**status.as_dict(), "subscribers": [vars(lag) for lag in lags]}


def _show(found: dict[str, Any]) -> str:
    """Return a line for each fact: its name, a tab and its value; lists have a line for each row."""
    lines: list[str] = []
    for name, value in found.items():
        if isinstance(value, tuple | list):
            lines += [f"{name}\t{_pairs(row)}" for row in value]
        else:
            lines.append(f"{name}\t{_pairs(value) if isinstance(value, dict) else _text(value)}")
    return "\n".join(lines)


def _lag_of(subscriber: str, published: dict[str, PublishedStatus]) -> SubscriberLag:
    stream, _, position = subscriber.partition(":")
    if stream not in published or not position.isdecimal():
        raise CommandError(f"{subscriber!r} isn't STREAM:POSITION with a stream of this service")
    return read_subscriber_lag(published[stream], int(position))


def _pairs(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_text(value)}" for name, value in row.items() if value not in (None, ""))


def _text(value: Any) -> str:
    return "-" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)


_OUTPUT = JsonOutput(arguments=_add_arguments, read=_read, show=_show)
add_arguments, run = _OUTPUT.add_arguments, _OUTPUT.run
