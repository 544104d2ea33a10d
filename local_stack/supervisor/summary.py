"""What `up` prints at the end: where to go, who to be, how to pay, and what isn't as one would expect."""

from rich.markup import escape

from local_stack.console import out
from local_stack.credentials import credentials_of
from local_stack.stack import Stack

_BROKERS = {
    "rabbitmq": "RabbitMQ, a private node on port {rabbitmq}",
    "embedded": "embedded (files under the run directory)",
    "external": "the one of BROKER_URL",
}
_CARDS = (
    ("works", "tok_visa", "4242 4242 4242 4242"),
    ("is declined", "tok_chargeDeclined", "4000 0000 0000 0002"),
    ("requires 3-D Secure", "pm_card_authenticationRequired", "4000 0025 0000 3155"),
)


def show(stack: Stack, *, seconds: float, was_running: bool = False) -> None:
    """Print addresses, logins, test cards and the time it took."""
    headline = "Everything was running already" if was_running else f"The {stack.system.name} is running"
    out.print(f"\n[bold green]{headline}[/] ({seconds:.1f} s)\n")
    if stack.address_note:
        out.print(f"[bold red]{escape(stack.address_note)}[/]\n")
    if stack.broker_problem:
        what, remedy = stack.broker_problem
        out.print(f"[bold red]{escape(what)}.[/]\n    → {escape(remedy)}\n")
    broker = _BROKERS[stack.broker].format(**stack.ports)
    if stack.system.users:
        _show_marketplace(stack, broker)
    else:
        _show_example(stack, broker)


def _show_example(stack: Stack, broker: str) -> None:
    _rows(
        ("Open", f"[bold]{stack.url}[/]"),
        *_dashboard(stack),
        ("Broker", broker),
        ("Next", " · ".join(stack.system.command(name) for name in ("demo", "status", "down"))),
    )


def _show_marketplace(stack: Stack, broker: str) -> None:
    secrets = credentials_of(stack.run_dir)
    _rows(
        ("Open", f"[bold]{stack.url}[/]"),
        ("API documents", f"{stack.url}/api/docs/"),
        *(
            ("Admin" if index == 0 else "", f"{stack.url}/admin/{service.name}/")
            for index, service in enumerate(stack.system.stateful)
        ),
        *_dashboard(stack),
    )
    out.print("\n  Sign in as")
    _rows(
        *((user, f"{email:<24} {secrets[f'{user}.password']}") for user, email in stack.system.users.items())
    )
    _show_cards(stack)
    _rows(
        ("Broker", broker),
        ("A hold lasts", f"{stack.hold_seconds} s"),
        ("Next", "./manage_all.py demo · status · logs orders -f · down"),
    )


def _show_cards(stack: Stack) -> None:
    if not stack.has_fake_stripe:
        out.print("\n  Stripe: the one of your environment\n")
        return
    out.print("\n  Pay with (no real money moves)")
    _rows(
        *(
            (f"a card that {what}" if index == 0 else what, f"{card:<24} {token}")
            for index, (what, token, card) in enumerate(_CARDS)
        )
    )
    out.print()


def _dashboard(stack: Stack) -> list[tuple[str, str]]:
    return [("Dashboard", stack.dashboard_url)] if stack.dashboard else []


def _rows(*rows: tuple[str, str]) -> None:
    for name, value in rows:
        out.print(f"  {name:<22} {value}")
