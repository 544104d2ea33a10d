"""The mail client: the mail server's settings, and one function for each e-mail that is sent."""

from dataclasses import dataclass
from smtplib import SMTPException
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage

from service_defaults import env
from service_defaults.errors import Unavailable

_TIMEOUT_SECONDS = 10
_EXAMPLE = "smtps://user:secret@mail.example.org:465"


class MailNotSent(Unavailable):
    """The mail server didn't take it."""


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Django's EMAIL_* settings. Without a backend e-mails stay queued and are deleted after an hour."""

    backend: str = ""
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    use_ssl: bool = False
    use_tls: bool = False
    directory: str | None = None
    timeout: int = _TIMEOUT_SECONDS


def server_from(variable: str) -> MailServer:
    """Return the server of a URL: `smtps://…`, `smtp://…` (STARTTLS where there is a user), or `file://directory`.

    Raises `ImproperlyConfigured`; without a URL there is no server.
    """
    url = env.text(variable)
    if not url:
        return MailServer()
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return MailServer(backend="django.core.mail.backends.filebased.EmailBackend", directory=parts.path)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(
            f"{variable} must be the address of a mail server, for example {variable}={_EXAMPLE}"
        )
    secure = parts.scheme == "smtps"
    return MailServer(
        backend="django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname,
        port=parts.port or (465 if secure else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_ssl=secure,
        use_tls=not secure and bool(parts.username),
    )


def send_reset(*, to: str, token: str) -> None:
    """Send a link to choose a new password. Raises `MailNotSent`."""
    _send(
        to,
        "Choose a new password",
        "Somebody, hopefully you, asked for a new password for your account.\n\n"
        f"{_link('/auth/reset', token)}\n\n"
        "The link works once, within the hour. If it wasn't you, do nothing: your password stays as it is.",
    )


def send_verification(*, to: str, token: str) -> None:
    """Send a link to confirm the address. Raises `MailNotSent`."""
    _send(
        to,
        "Confirm your e-mail address",
        "Welcome. Open this link to confirm that this address is yours:\n\n"
        f"{_link('/auth/verify', token)}\n\n"
        "If you made no account with us, somebody mistyped an address: do nothing.",
    )


def send_password_changed(*, to: str) -> None:
    """Send a notice that the password was changed. Raises `MailNotSent`."""
    _send(
        to,
        "Your password was changed",
        "The password of your account was changed just now, and every device was signed out.\n\n"
        f"If it wasn't you, choose a new one at once: {settings.PUBLIC_ORIGIN}/auth/forgot",
    )


def _link(path: str, token: str) -> str:
    return f"{settings.PUBLIC_ORIGIN}{path}?token={quote(token)}"


def _send(to: str, subject: str, text: str) -> None:
    try:
        EmailMessage(subject=subject, body=text, to=[to]).send()
    except (SMTPException, OSError) as error:
        raise MailNotSent from error
