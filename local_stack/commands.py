"""The command line. Standard library only, so that `--help` works before anything is installed."""

import argparse
import os
from pathlib import Path

from local_stack.services import EXAMPLES, STATEFUL
from local_stack.stack import DEFAULT_GATEWAY_PORT, DEFAULT_HOLD_SECONDS, DEFAULT_RUN_DIR

_DESCRIPTION = "The ticket marketplace on this machine: everything it needs, from one command."


def parser() -> argparse.ArgumentParser:
    """Return the parser; the chosen command's name ends up as `command`."""
    top = argparse.ArgumentParser(prog="./manage_all.py", description=_DESCRIPTION)
    top.add_argument(
        "--run-dir",
        type=lambda text: Path(text).resolve(),
        help="where the stack keeps its data and logs; each directory is a stack of its own "
        "(default: $STACK_RUN_DIR, else .run; for an example the directory of its name in there)",
    )
    commands = top.add_subparsers(dest="command", title="commands", metavar="<command>", required=True)

    def command(name: str, summary: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")

    _up(command("up", "start everything, or repair what isn't running"))
    _down(command("down", "stop everything, and prove that nothing is left"))
    _restart(command("restart", "replace every process of the services, without a gap"))
    _status(command("status", "show every part and whether it works, what waits in queues, memory and CPU"))
    _logs(command("logs", "show the logs of a part, a service, or everything"))
    _demo(command("demo", "play buy, decline, cancel and lapse through the gateway, and check them"))
    _events(command("events", "follow what the services tell each other, and look after it"))
    _manage(command("manage", "run a management command of a service, with the service's environment"))
    _of_service(command("pause", "stop one service, while everything else goes on"))
    _of_service(command("resume", "bring a paused service back"))
    _of_service(command("dump", "write a service's database to standard output, whatever goes on"))
    _of_service(command("restore", "put a dump from standard input in a paused service's database's place"))
    _doctor(
        command(
            "doctor",
            "look for what is wrong, say how to mend it, and advise; exit code 1 when something is wrong",
        )
    )
    _test(command("test", "run the tests, all or some parts; they need nothing that is running"))
    _bench(
        command("bench", "measure, on a stack of its own; prints figures and whether they keep what is said")
    )
    _drill(
        command(
            "drill", "break every part of a stack of its own under load, and count what was lost or doubled"
        )
    )
    command("rotate-keys", "sign tokens with a new key; nobody is signed out")
    command("screenshots", "keep a picture of every page and state in docs/screenshots")
    command("lint", "check style, types, import rules and lock files")
    _format(command("format", "write Python files in the style that lint checks"))
    _secrets(command("secrets", "make the passwords and keys of a deployment, once"))
    return top


def run_dir_of(options: argparse.Namespace) -> Path:
    """Return the run directory that a command line means."""
    if options.run_dir is not None:
        return Path(options.run_dir)
    of_marketplace = Path(os.environ.get("STACK_RUN_DIR") or DEFAULT_RUN_DIR).resolve()
    example = getattr(options, "example", None)
    return of_marketplace / example if example else of_marketplace


def _example(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--example", choices=tuple(EXAMPLES), help="not the marketplace: an example, beside it if both run"
    )


def _up(parser: argparse.ArgumentParser) -> None:
    _example(parser)
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
        type=_positive,
        metavar="N",
        help=f"how long a hold lasts (default {DEFAULT_HOLD_SECONDS})",
    )
    parser.add_argument("--foreground", action="store_true", help="stay, and stop everything on Ctrl-C")
    parser.add_argument("--reload", action="store_true", help="restart what you edit")


def _down(parser: argparse.ArgumentParser) -> None:
    _example(parser)
    parser.add_argument("--wipe", action="store_true", help="forget all data, passwords and logs too")


def _restart(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "parts", nargs="*", metavar="part", help="such as orders.web, or a service (default: all)"
    )
    parser.add_argument(
        "--under-load",
        action="store_true",
        help="people buy and browse meanwhile; fails when one of their requests does, or an event is lost",
    )


def _status(parser: argparse.ArgumentParser) -> None:
    _example(parser)
    parser.add_argument("--json", action="store_true", help="for programs")


def _logs(parser: argparse.ArgumentParser) -> None:
    _example(parser)
    parser.add_argument(
        "part", nargs="?", help="such as orders.web, orders, postgres, or a step: auth.migrate"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on as lines come")
    parser.add_argument(
        "-n", "--lines", type=_positive, default=40, help="how many lines of each to begin with (default 40)"
    )


def _events(parser: argparse.ArgumentParser) -> None:
    _example(parser)
    kinds = parser.add_subparsers(dest="what", title="what", metavar="<what>", required=True)

    def kind(name: str, summary: str) -> argparse.ArgumentParser:
        return kinds.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")

    tail = kind("tail", "show what was told last")
    tail.add_argument("stream", nargs="?", default="", help="such as order (default: all)")
    tail.add_argument("-f", "--follow", action="store_true", help="go on as events come")
    tail.add_argument("-n", "--lines", type=_positive, default=20, help="how many to begin with (default 20)")
    show = kind("show", "tell one order's story across all services")
    show.add_argument("order", help="the order's id")
    kind("lag", "show how far each subscriber is behind, and what waits or failed")
    replay = kind("replay", "have a service take a stream's events once more")
    replay.add_argument("service")
    replay.add_argument("stream")
    replay.add_argument("--from", dest="first", type=_positive, required=True, metavar="POSITION")
    dead = kind("dead-letters", "list what could not be applied, and have it tried again")
    dead.add_argument(
        "--redrive", nargs=2, metavar=("SERVICE", "WHICH"), help="an id, an error as listed, or all"
    )
    catalogue = kind("catalogue", "write the event catalogue, docs/reference/events, from the code")
    catalogue.add_argument("--check", action="store_true", help="write nothing, and fail where it differs")


def _manage(parser: argparse.ArgumentParser) -> None:
    _example(parser)
    parser.add_argument("service", help="such as orders")
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="command …", help="such as: dead_letters --redrive all"
    )


def _of_service(parser: argparse.ArgumentParser) -> None:
    _example(parser)
    parser.add_argument("service", help="such as orders")


def _doctor(parser: argparse.ArgumentParser) -> None:
    _example(parser)


def _demo(parser: argparse.ArgumentParser) -> None:
    _example(parser)
    parser.add_argument(
        "--loop", action="store_true", help="go on until stopped, then check that all services agree"
    )
    parser.add_argument(
        "--rounds", type=_positive, metavar="N", help="with --loop: stop after so many rounds"
    )


def _test(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("parts", nargs="*", metavar="part", help="which parts; see --list")
    parser.add_argument("--list", action="store_true", help="list the parts")
    parser.add_argument("-k", metavar="EXPRESSION", help="only tests whose name matches, as for pytest")


def _bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=("events", "expiry", "accounts", "pages"),
        help="events: what an event costs on its way, against plain Celery and a raw round trip; "
        "expiry: how late the ticket of a lapsed hold is free; "
        "accounts: how long what was revoked is still served; "
        "pages: how fast and steady each page is in Chromium, and how often it asks the APIs",
    )
    parser.add_argument(
        "--broker", choices=("rabbitmq", "embedded"), default="rabbitmq", help="default: rabbitmq"
    )
    parser.add_argument(
        "--events", type=_positive, default=100_000, help="events: how many in a round (default 100000)"
    )
    parser.add_argument("--rounds", type=_positive, default=3, help="events: how many (default 3)")
    parser.add_argument(
        "--held-minutes", type=float, default=10, help="events: how long a snapshot is held (default 10)"
    )
    parser.add_argument(
        "--holds", type=_positive, default=10_000, help="expiry: how many holds (default 10000)"
    )
    parser.add_argument(
        "--accounts",
        type=_positive,
        default=50,
        help="accounts: how many sign-outs and suspensions (default 50)",
    )
    parser.add_argument(
        "--tickets", type=_positive, default=10_000, help="pages: how many are listed (default 10000)"
    )
    parser.add_argument(
        "--loads", type=_positive, default=5, help="pages: how often each page is loaded (default 5)"
    )


def _drill(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="about two minutes instead of about ten")
    parser.add_argument(
        "--broker", choices=("rabbitmq", "embedded"), default="rabbitmq", help="default: rabbitmq"
    )
    parser.add_argument(
        "--only", default="", metavar="WORDS", help="only faults whose name and place contain these words"
    )


def _format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="path", help="default: every file")


def _secrets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        choices=("compose", "kubernetes"),
        help="compose: docker/.env; kubernetes: a directory for kustomize",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        help="where to keep them (default: docker, or deploy/k8s/overlays/local/secrets)",
    )
    parser.add_argument(
        "--renew",
        choices=[f"{service.name}.{kind}" for service in STATEFUL for kind in ("broker", "database")],
        metavar="SERVICE.broker|database",
        help="make a new password of one service, change it in the files that are there, and print it",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
