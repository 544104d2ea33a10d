"""The local stack's mailbox: shows the e-mails, which the stack writes to files and doesn't deliver.

It exists only where DEV_MAILBOX names the directory of the e-mails. Every visitor sees all of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.generic import View

_MAX_FILES = 50
# The line that Django's file backend writes after each message.
_END_OF_MESSAGE = re.compile(rb"^-{79}$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Email:
    """An e-mail as it was sent."""

    to: str
    subject: str
    text: str
    sent_at: datetime


class Mailbox(View):
    """Every e-mail, newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page; raises Http404 without a mailbox."""
        if not settings.MAILBOX:
            raise Http404
        return render(request, "pages/mailbox.html", {"emails": list(_emails(Path(settings.MAILBOX)))})


def _emails(directory: Path) -> Iterator[Email]:
    files = sorted(directory.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[:_MAX_FILES]:
        sent_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        for raw in reversed(_END_OF_MESSAGE.split(path.read_bytes())):
            if raw.strip():
                yield _read(raw.lstrip(), sent_at)


def _read(raw: bytes, sent_at: datetime) -> Email:
    message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    body = message.get_body(("plain",))
    text = body.get_content().strip() if body else ""
    return Email(
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        text=text,
        sent_at=sent_at,
    )
