"""Follow what the services publish, and look after it."""

import argparse
import sys

from local_stack.arguments import add_example, positive, stack_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what to do with the events."""
    add_example(parser)
    kinds = parser.add_subparsers(dest="what", title="what", metavar="<what>", required=True)

    def kind(name: str, summary: str) -> argparse.ArgumentParser:
        return kinds.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")

    tail = kind("tail", "show what was published last")
    tail.add_argument("stream", nargs="?", default="", help="such as order (default: all)")
    tail.add_argument("-f", "--follow", action="store_true", help="go on as events come")
    tail.add_argument("-n", "--lines", type=positive, default=20, help="how many to begin with (default 20)")
    kind("trace", "trace one order across all services").add_argument("order", help="the order's id")
    # The old name, for one release; without a help text it isn't listed.
    kinds.add_parser("show").add_argument("order")
    kind("lag", "show how far each subscriber is behind, and what waits or failed")
    replay = kind("replay", "have a service read a stream's events once more")
    replay.add_argument("service")
    replay.add_argument("stream")
    replay.add_argument("--from", dest="first", type=positive, required=True, metavar="POSITION")
    dead = kind("dead-letters", "list what could not be applied, and have it tried again")
    dead.add_argument(
        "--redrive", nargs=2, metavar=("SERVICE", "WHICH"), help="an id, an error as listed, or all"
    )
    catalogue = kind("catalogue", "write the event catalogue, docs/reference/events, from the code")
    catalogue.add_argument("--check", action="store_true", help="write nothing, and fail where it differs")
    kind("golden", "add the fields that contracts have gained to the golden files, tests/contracts/golden")


def run(options: argparse.Namespace) -> int:
    """Do it."""
    if options.what == "show":
        print("`events show` is now `events trace`; the old name goes in the next release.", file=sys.stderr)
        options.what = "trace"
    return int(globals()[f"_{options.what.replace('-', '_')}"](options))


def _tail(options: argparse.Namespace) -> int:
    from inspection.event_tail import tail

    return tail(stack_of(options), stream=options.stream, lines=options.lines, follow=options.follow)


def _trace(options: argparse.Namespace) -> int:
    from inspection.event_trace import trace

    return trace(stack_of(options), options.order)


def _lag(options: argparse.Namespace) -> int:
    from inspection.event_lag import lag

    return lag(stack_of(options))


def _replay(options: argparse.Namespace) -> int:
    from inspection.event_replay import replay

    return replay(stack_of(options), options.service, options.stream, options.first)


def _dead_letters(options: argparse.Namespace) -> int:
    from inspection import dead_letters

    stack = stack_of(options)
    if options.redrive:
        return dead_letters.redrive(stack, *options.redrive)
    return dead_letters.dead_letters(stack)


def _catalogue(options: argparse.Namespace) -> int:
    return _of_contracts("catalogue", *(("--check",) if options.check else ()))


def _golden(options: argparse.Namespace) -> int:
    return _of_contracts("golden_files")


def _of_contracts(module: str, *arguments: str) -> int:
    import subprocess

    from local_stack.stack import REPOSITORY

    command = (sys.executable, "-m", f"tests.contracts.{module}", *arguments)
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode
