"""What `up` prints at the end: where to go, who to be, how to pay."""

from local_stack.credentials import DEMO_USERS, credentials_of
from local_stack.screen import out
from local_stack.services import STATEFUL
from local_stack.stack import Stack

_BROKERS = {
    "rabbitmq": "RabbitMQ, a private node on port {rabbitmq}",
    "embedded": "embedded (files under the run directory)",
    "external": "the one of BROKER_URL",
}
_CARDS = (
    ("works", "tok_visa", "4242 4242 4242 4242"),
    ("is declined", "tok_chargeDeclined", "4000 0000 0000 0002"),
    ("asks for 3-D Secure", "pm_card_authenticationRequired", "4000 0025 0000 3155"),
)


def show(stack: Stack, *, seconds: float, was_running: bool = False) -> None:
    """Print addresses, logins, test cards and the time it took."""
    secrets = credentials_of(stack.run_dir)
    headline = "Everything was running already" if was_running else "The marketplace is running"
    out.print(f"\n[bold green]{headline}[/] ({seconds:.1f} s)\n")
    _rows(
        ("Open", f"[bold]{stack.url}[/]"),
        ("API documents", f"{stack.url}/api/docs/"),
        *(
            ("Admin" if index == 0 else "", f"{stack.url}/admin/{service.name}/")
            for index, service in enumerate(STATEFUL)
        ),
    )
    out.print("\n  Sign in as")
    _rows(*((user, f"{email:<24} {secrets[f'{user}.password']}") for user, email in DEMO_USERS.items()))
    if stack.has_fake_stripe:
        out.print("\n  Pay with (no real money moves)")
        _rows(
            *(
                (f"a card that {what}" if index == 0 else what, f"{card:<24} {token}")
                for index, (what, token, card) in enumerate(_CARDS)
            )
        )
    else:
        out.print("\n  Stripe: the one of your environment")
    out.print()
    _rows(
        ("Broker", _BROKERS[stack.broker].format(**stack.ports)),
        ("A hold lasts", f"{stack.hold_seconds} s"),
        ("Next", "./manage_all.py demo · status · logs orders -f · down"),
    )


def _rows(*rows: tuple[str, str]) -> None:
    for name, value in rows:
        out.print(f"  {name:<22} {value}")
