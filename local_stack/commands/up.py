"""Start everything, or repair what isn't running."""

import argparse

from local_stack.arguments import NothingHere, add_example, positive, system_of
from local_stack.stack import DEFAULT_GATEWAY_PORT, DEFAULT_HOLD_SECONDS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what a stack is started with."""
    add_example(parser)
    parser.add_argument(
        "--broker",
        choices=("auto", "rabbitmq", "embedded"),
        help="auto (default): a private RabbitMQ node where it is installed, else files",
    )
    parser.add_argument(
        "--port",
        type=int,
        help="port of the gateway "
        f"(default: that of last time, at first {DEFAULT_GATEWAY_PORT}, or the next free one)",
    )
    parser.add_argument(
        "--hold-seconds",
        type=positive,
        metavar="N",
        help=f"how long a hold lasts (default {DEFAULT_HOLD_SECONDS})",
    )
    parser.add_argument("--foreground", action="store_true", help="stay, and stop everything on Ctrl-C")
    parser.add_argument("--reload", action="store_true", help="restart what you edit")
    parser.add_argument(
        "--dashboard",
        action=argparse.BooleanOptionalAction,
        help="show processes, logs, traces and the event flow in a browser (default: yes)",
    )


def run(options: argparse.Namespace) -> int:
    """Start or repair the stack."""
    from local_stack.supervisor.up import UpOptions, up

    if options.example and options.hold_seconds:
        raise NothingHere(f"The {options.example} holds no tickets: it has no use for --hold-seconds.")
    return up(
        UpOptions(
            run_dir=options.run_dir,
            system=system_of(options),
            broker=options.broker,
            port=options.port,
            hold_seconds=options.hold_seconds,
            reload=options.reload,
            foreground=options.foreground,
            dashboard=options.dashboard,
        )
    )
