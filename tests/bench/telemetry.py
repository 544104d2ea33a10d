"""`bench telemetry`: what counting costs a hold, in one process and in the same run."""

import argparse
import subprocess
import sys

from local_stack.console import out
from local_stack.stack import REPOSITORY
from tests.running_stack import running_stack

#: What is promised: `POST /api/orders` takes at most this times as long.
MOST = 1.03


def bench(options: argparse.Namespace) -> int:
    """Run `bench telemetry` with these options of its command line and return the exit code."""
    out.print(f"\n{options.requests} holds, every other one without counting anything")
    with running_stack(broker=options.broker) as stack:
        command = (
            *(sys.executable, "-m", "tests.bench.hold_requests"),
            *("--count", str(options.requests), "--most", str(MOST)),
        )
        environment = stack.environment("orders") | {"DJANGO_LOG_LEVEL": "WARNING"}
        return subprocess.run(command, env=environment, cwd=REPOSITORY, check=False).returncode
