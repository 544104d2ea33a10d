"""The dashboard as a process: `python -m inspection.dashboard RUN_DIR`, on the stack's port `dashboard`."""

import signal
import sys
from pathlib import Path

from inspection.dashboard.server import Dashboard
from inspection.dashboard.spans import SpanStore
from local_stack.stack import Stack


def main(run_dir: Path) -> None:
    """Serve until SIGTERM ends the process; all that is on disk is whole at any time."""
    stack = Stack.load(run_dir)
    if stack is None or "dashboard" not in stack.ports:
        sys.exit(f"No stack with a dashboard was started in {run_dir}.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = Dashboard(stack, stack.ports["dashboard"], SpanStore(run_dir / "traces.sqlite"))
    print(f"dashboard ready at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
