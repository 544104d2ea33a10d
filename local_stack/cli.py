"""From the command line to what each command does, and from errors to one clear sentence."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from local_stack.commands import parser, run_dir_of
from local_stack.console import errors
from local_stack.services import EXAMPLES, MARKETPLACE, Service
from local_stack.stack import REPOSITORY, Stack
from local_stack.user_errors import UserError

_INTERRUPTED, _NOBODY_READS = 130, 141


class NothingHere(UserError):
    """What was asked about doesn't exist in this run directory."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Raises KeyboardInterrupt, but where it is how one leaves."""
    options = parser().parse_args(arguments)
    options.run_dir = run_dir_of(options)
    try:
        return _COMMANDS[options.command](options)
    except KeyboardInterrupt:
        if getattr(options, "follow", False):
            return _INTERRUPTED
        raise
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NOBODY_READS
    except UserError as error:
        errors.print(str(error), markup=False)
        return 1


# Each command imports what it needs when it runs: who asks for the logs shouldn't wait for an HTTP client.


def _up(options: argparse.Namespace) -> int:
    from local_stack.up import UpOptions, up

    if options.example and options.hold_seconds:
        raise NothingHere(f"The {options.example} holds no tickets: it has no use for --hold-seconds.")
    return up(
        UpOptions(
            run_dir=options.run_dir,
            system=EXAMPLES.get(options.example, MARKETPLACE),
            broker=options.broker,
            port=options.port,
            hold_seconds=options.hold_seconds,
            reload=options.reload,
            foreground=options.foreground,
        )
    )


def _down(options: argparse.Namespace) -> int:
    from local_stack.down import down

    return down(options.run_dir, wipe=options.wipe)


def _status(options: argparse.Namespace) -> int:
    from local_stack.status import status

    return status(_stack(options), as_json=options.json)


def _restart(options: argparse.Namespace) -> int:
    from local_stack.rolling import restart

    return restart(_stack(options), options.parts, under_load=options.under_load)


def _logs(options: argparse.Namespace) -> int:
    from local_stack import logs

    found = logs.logs_of(_stack(options), options.part)
    if not found:
        raise NothingHere(f"There is no log of {options.part!r}.")
    logs.show(found, lines=options.lines, follow=options.follow)
    return 0


def _demo(options: argparse.Namespace) -> int:
    from local_stack.control_client import Supervision
    from local_stack.demo import demo
    from local_stack.demo_loop import loop

    stack = _stack(options)
    Supervision(stack).status()  # says so when nothing runs
    if stack.system.demo:
        return _demo_of_example(stack, options)
    return loop(stack, rounds=options.rounds) if options.loop else demo(stack)


def _demo_of_example(stack: Stack, options: argparse.Namespace) -> int:
    if options.loop:
        raise NothingHere(f"The {stack.system.name} plays its demo once; there is no --loop.")
    return subprocess.run(
        (sys.executable, "-m", stack.system.demo, str(stack.run_dir)), check=False
    ).returncode


def _manage(options: argparse.Namespace) -> int:
    from local_stack.manage import manage

    stack = _stack(options)
    return manage(stack, _service(stack, options.service), *options.arguments)


def _pause(options: argparse.Namespace) -> int:
    from local_stack.pausing import pause

    stack = _stack(options)
    pause(stack, _service(stack, options.service))
    return 0


def _resume(options: argparse.Namespace) -> int:
    from local_stack.pausing import resume

    stack = _stack(options)
    resume(stack, _service(stack, options.service))
    return 0


def _dump(options: argparse.Namespace) -> int:
    from local_stack.backups import dump

    stack = _stack(options)
    dump(stack, _service(stack, options.service, stateful=True), sys.stdout.buffer)
    return 0


def _restore(options: argparse.Namespace) -> int:
    from local_stack.backups import restore

    stack = _stack(options)
    restore(stack, _service(stack, options.service, stateful=True), sys.stdin.buffer)
    return 0


def _events(options: argparse.Namespace) -> int:
    from local_stack.events import dead_letters, lag, replay, story, tail

    if options.what == "catalogue":
        check = ("--check",) if options.check else ()
        command = (sys.executable, "-m", "tests.contracts.catalogue", *check)
        return subprocess.run(command, cwd=REPOSITORY, check=False).returncode
    stack = _stack(options)
    if options.what == "dead-letters" and options.redrive:
        return dead_letters.redrive(stack, *options.redrive)
    return {
        "tail": lambda: tail.tail(stack, stream=options.stream, lines=options.lines, follow=options.follow),
        "show": lambda: story.show(stack, options.order),
        "lag": lambda: lag.lag(stack),
        "replay": lambda: replay.replay(stack, options.service, options.stream, options.first),
        "dead-letters": lambda: dead_letters.dead_letters(stack),
    }[options.what]()


def _doctor(options: argparse.Namespace) -> int:
    from local_stack.doctor import doctor

    return doctor(options.run_dir)


def _test(options: argparse.Namespace) -> int:
    from local_stack.run_suites import run_suites

    return run_suites(options.parts, only_list=options.list, expression=options.k)


def _bench(options: argparse.Namespace) -> int:
    if options.what == "events":
        from local_stack.bench.events import bench_events

        return bench_events(events=options.events, rounds=options.rounds, held_minutes=options.held_minutes)
    if options.what == "accounts":
        from local_stack.bench.accounts import bench_accounts

        return bench_accounts(broker=options.broker, accounts=options.accounts)
    if options.what == "pages":
        from local_stack.bench.pages import bench_pages

        return bench_pages(broker=options.broker, tickets=options.tickets, loads=options.loads)
    from local_stack.bench.expiry import bench_expiry

    return bench_expiry(broker=options.broker, holds=options.holds)


def _drill(options: argparse.Namespace) -> int:
    from local_stack.drill.run import drill

    return drill(broker=options.broker, quick=options.quick, only=options.only)


def _rotate_keys(options: argparse.Namespace) -> int:
    from local_stack.rotate_keys import rotate_keys

    return rotate_keys(_stack(options))


def _screenshots(options: argparse.Namespace) -> int:
    from local_stack.run_suites import take_screenshots

    return take_screenshots()


def _lint(options: argparse.Namespace) -> int:
    from local_stack.lint import lint

    return lint()


def _format(options: argparse.Namespace) -> int:
    from local_stack.lint import format_files

    return format_files(options.paths)


def _secrets(options: argparse.Namespace) -> int:
    from local_stack.deployment_secrets import make
    from local_stack.renewed_secrets import renew

    if options.renew:
        return renew(options.target, options.directory, options.renew)
    return make(options.target, options.directory)


_COMMANDS = {
    "up": _up,
    "down": _down,
    "restart": _restart,
    "status": _status,
    "logs": _logs,
    "demo": _demo,
    "manage": _manage,
    "pause": _pause,
    "resume": _resume,
    "dump": _dump,
    "restore": _restore,
    "events": _events,
    "doctor": _doctor,
    "test": _test,
    "bench": _bench,
    "drill": _drill,
    "rotate-keys": _rotate_keys,
    "screenshots": _screenshots,
    "lint": _lint,
    "format": _format,
    "secrets": _secrets,
}


def _service(stack: Stack, name: str, *, stateful: bool = False) -> Service:
    known = stack.system.stateful if stateful else stack.system.services
    service = next((one for one in known if one.name == name), None)
    if service is None:
        raise NothingHere(f"There is no service {name!r}. There are: {', '.join(one.name for one in known)}.")
    return service


def _stack(options: argparse.Namespace) -> Stack:
    stack = Stack.load(options.run_dir)
    if stack is None:
        system = EXAMPLES.get(getattr(options, "example", None) or "", MARKETPLACE)
        raise NothingHere(f"No stack was ever started here. Start it with: {system.command('up')}")
    return stack
