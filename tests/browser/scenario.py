"""The Scenario type and the registry of scenarios."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from os import utime
from pathlib import Path
from typing import Any

from frontend_service.tests.fake_marketplace import Marketplace

#: What Django's file backend writes after each e-mail.
_END_OF_MESSAGE = b"-" * 79


@dataclass(frozen=True, kw_only=True)
class Email:
    """An e-mail that was sent some time ago."""

    to: str
    subject: str
    text: str
    hours_ago: float


@dataclass
class Scenario:
    """A fake marketplace in one state, and its visitor. `fill` is typed before `press` is clicked."""

    address: str = "/"
    market: Marketplace = field(default_factory=Marketplace)
    visitor: str = ""
    status: int = 200
    fill: dict[str, str] = field(default_factory=dict)
    press: str = ""
    emails: list[Email] = field(default_factory=list)

    def deliver(self, mailbox: Path) -> None:
        """Replace the mailbox's e-mails with the scenario's."""
        for old in mailbox.glob("*.log"):
            old.unlink()
        for number, email in enumerate(self.emails):
            message = EmailMessage()
            message["To"], message["Subject"] = email.to, email.subject
            message.set_content(email.text)
            path = mailbox / f"{number}.log"
            path.write_bytes(message.as_bytes() + b"\n" + _END_OF_MESSAGE + b"\n")
            sent_at = (datetime.now(UTC) - timedelta(hours=email.hours_ago)).timestamp()
            utime(path, (sent_at, sent_at))


Build = Callable[[Scenario], None]
SCENARIOS: dict[str, Build] = {}


def add_scenario(build: Build) -> Build:
    """Register a scenario under its function's name."""
    SCENARIOS[build.__name__.strip("_").replace("_", "-")] = build
    return build


def sign_in(scenario: Scenario, **more: Any) -> str:
    """Make Ada the scenario's visitor; return her id."""
    scenario.visitor = scenario.market.add_user("ada@example.com")
    scenario.market.users["ada@example.com"].update(more)
    return scenario.visitor
