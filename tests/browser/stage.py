"""What a scene is made of, and the list that scenes are put on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from os import utime
from pathlib import Path
from typing import Any

from frontend_service.tests.fake_marketplace import Marketplace

#: What Django's file backend puts after each email.
_END_OF_LETTER = b"-" * 79


@dataclass(frozen=True, kw_only=True)
class Email:
    """An e-mail that was sent some time ago."""

    to: str
    subject: str
    text: str
    hours_ago: float


@dataclass
class Scene:
    """One marketplace in one state, and who looks at it. `fill` is typed before a button is `press`ed."""

    address: str = "/"
    market: Marketplace = field(default_factory=Marketplace)
    visitor: str = ""
    status: int = 200
    fill: dict[str, str] = field(default_factory=dict)
    press: str = ""
    emails: list[Email] = field(default_factory=list)

    def deliver(self, mailbox: Path) -> None:
        """Put the scene's emails, and no others, where the pages look for them."""
        for old in mailbox.glob("*.log"):
            old.unlink()
        for number, email in enumerate(self.emails):
            message = EmailMessage()
            message["To"], message["Subject"] = email.to, email.subject
            message.set_content(email.text)
            path = mailbox / f"{number}.log"
            path.write_bytes(message.as_bytes() + b"\n" + _END_OF_LETTER + b"\n")
            sent_at = (datetime.now(UTC) - timedelta(hours=email.hours_ago)).timestamp()
            utime(path, (sent_at, sent_at))


Build = Callable[[Scene], None]
SCENES: dict[str, Build] = {}


def scene(build: Build) -> Build:
    """Put a scene on the list, named as its function is."""
    SCENES[build.__name__.strip("_").replace("_", "-")] = build
    return build


def sign_in(it: Scene, **more: Any) -> str:
    """Let Ada look at the scene; return her id."""
    it.visitor = it.market.add_user("ada@example.com")
    it.market.users["ada@example.com"].update(more)
    return it.visitor
