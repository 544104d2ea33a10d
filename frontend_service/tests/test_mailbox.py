import os
from pathlib import Path

import pytest
from django.core.mail import EmailMessage as Outgoing
from django.core.mail import get_connection

from frontend_service.tests.browser import Browser, text_of

FILES = "django.core.mail.backends.filebased.EmailBackend"


def _write(directory: Path, subject: str, text: str, to: str = "ada@example.com") -> None:
    connection = get_connection(FILES, file_path=str(directory))
    Outgoing(subject, text, "tickets@storefront.test", [to], connection=connection).send()


class TestTheMailbox:
    def test_is_a_404_without_a_mailbox(self, signed_out: Browser, settings) -> None:
        assert settings.MAILBOX == ""
        assert signed_out.open("/mailbox").status_code == 404

    def test_is_empty_at_first(self, signed_out: Browser, settings, tmp_path: Path) -> None:
        settings.MAILBOX = str(tmp_path)
        assert "No e-mails yet" in text_of(signed_out.open("/mailbox"))

    def test_shows_emails_with_their_links(self, signed_out: Browser, settings, tmp_path: Path) -> None:
        settings.MAILBOX = str(tmp_path)
        _write(tmp_path, "Bonjour Zoë", "Look: http://testserver/auth/reset?token=a%3Ab\n\n-- \nus")
        page = signed_out.open("/mailbox")
        assert "Bonjour Zoë" in text_of(page)
        assert "To ada@example.com" in text_of(page)
        assert 'href="http://testserver/auth/reset?token=a%3Ab"' in page.content.decode()

    def test_shows_the_newest_first(self, signed_out: Browser, settings, tmp_path: Path) -> None:
        settings.MAILBOX = str(tmp_path)
        for age, subject in ((60, "An older one"), (1, "A younger one")):
            _write(tmp_path, subject, "Hello")
            # The backend names its files by the second, so the next e-mail might go into the same file.
            (written,) = (path for path in tmp_path.glob("*.log") if "-" in path.name)
            sent = written.rename(tmp_path / f"{age}.log")
            os.utime(sent, (sent.stat().st_mtime - age,) * 2)
        shown = text_of(signed_out.open("/mailbox"))
        assert shown.index("A younger one") < shown.index("An older one")

    def test_shows_the_newest_of_one_second_first(
        self, signed_out: Browser, settings, tmp_path: Path
    ) -> None:
        settings.MAILBOX = str(tmp_path)
        with get_connection(FILES, file_path=str(tmp_path)) as connection:
            for subject in ("An older one", "A younger one"):
                Outgoing(subject, "Hello", "tickets@storefront.test", ["a@b.c"], connection=connection).send()
        assert len(list(tmp_path.iterdir())) == 1
        shown = text_of(signed_out.open("/mailbox"))
        assert shown.index("A younger one") < shown.index("An older one")

    @pytest.mark.parametrize("text", ["<script>alert(1)</script>", "javascript:alert(1)"])
    def test_escapes_an_email(self, signed_out: Browser, settings, tmp_path: Path, text: str) -> None:
        settings.MAILBOX = str(tmp_path)
        _write(tmp_path, text, text)
        page = signed_out.open("/mailbox").content.decode()
        assert "<script>alert" not in page
        assert 'href="javascript' not in page


class TestALink:
    def test_changes_nothing_by_being_opened(self, signed_out: Browser, marketplace) -> None:
        for path in ("/auth/reset?token=x", "/auth/verify?token=x"):
            page = signed_out.open(path)
            assert page.status_code == 200
            assert 'value="x"' in page.content.decode()
        assert [request for request in marketplace.seen if request.method != "GET"] == []
