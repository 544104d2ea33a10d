"""The fake Stripe: takes payments where no real Stripe is configured, and no money moves."""

import sys
from collections.abc import Mapping

from local_stack.stack import Stack


def command(stack: Stack, credentials: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command line of the server. Its state is a file of the run directory."""
    webhook = f"http://127.0.0.1:{stack.ports['gateway']}/api/payments/webhook"
    return (
        *(sys.executable, "-m", "fake_stripe", "--port", str(stack.ports["stripe"])),
        *("--store", str(stack.run_dir / "stripe.store")),
        # One argument with its value: a secret may begin with a dash.
        *("--webhook-url", webhook, f"--webhook-secret={credentials['stripe.webhook']}"),
    )
