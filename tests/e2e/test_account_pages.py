"""The pages of one's account, and what is sent by mail, against the whole stack."""

import html
import re
import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.running_stack import RunningStack, wait_for

PASSWORD, NEW = "correct horse battery staple", "ten purple bottles"


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex}@example.com"


@pytest.fixture
def visitor(stack: RunningStack, email: str) -> Iterator[httpx.Client]:
    """A browser in which a user has signed up."""
    with _browser(stack) as browser:
        _send(browser, "/auth/signup", "/auth/signup", email=email, password=PASSWORD)
        yield browser


def _browser(stack: RunningStack, program: str = "Firefox on Linux") -> httpx.Client:
    headers = {"Origin": stack.url, "Sec-Fetch-Site": "same-origin", "User-Agent": program}
    return httpx.Client(base_url=stack.url, headers=headers, timeout=30, follow_redirects=True)


def _send(browser: httpx.Client, page: str, action: str, **typed: str) -> str:
    """Open the page, fill the form that goes to `action`, send it; return the page it leads to."""
    shown = browser.get(page).raise_for_status().text
    form = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', shown, re.DOTALL)
    assert form, f"{page} has no form to {action}"
    tags = re.findall(r"<input[^>]*>", form[1])
    hidden = {_attribute(tag, "name"): _attribute(tag, "value") for tag in tags}
    answer = browser.post(action, data={name: value for name, value in hidden.items() if name} | typed)
    assert answer.status_code < 500
    return answer.text


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


def _link_in_mailbox(browser: httpx.Client, path: str, to: str) -> str:
    """Wait for an e-mail to this person with such a link, and return the link's path."""
    found: list[str] = []

    def arrived() -> bool:
        for email in browser.get("/mailbox").text.split("<article>")[1:]:
            link = re.search(rf'href="[^"]*({re.escape(path)}\?token=[^"]+)"', email)
            if to in email and link:
                found.append(html.unescape(link[1]))
        return bool(found)

    wait_for(arrived, within=15, what="the email")
    return found[0]


class TestAForgottenPassword:
    def test_is_replaced_by_the_link_in_the_letter(
        self, stack: RunningStack, visitor: httpx.Client, email: str
    ) -> None:
        with _browser(stack) as elsewhere:
            assert email in _send(elsewhere, "/auth/forgot", "/auth/forgot", email=email)
            link = _link_in_mailbox(elsewhere, "/auth/reset", email)
            page = _send(elsewhere, link, "/auth/reset", password=NEW)
            assert "Password changed" in page
            assert "work any more" in _send(elsewhere, link, "/auth/reset", password=PASSWORD)
            assert email in _send(elsewhere, "/auth/signin", "/auth/signin", email=email, password=NEW)
        assert "/auth/signin" in str(visitor.get("/account").url)


class TestAnAddress:
    def test_is_confirmed_by_the_link_in_the_letter(self, visitor: httpx.Client, email: str) -> None:
        assert "Not confirmed" in visitor.get("/account").text
        link = _link_in_mailbox(visitor, "/auth/verify", email)
        assert "E-mail address confirmed" in _send(visitor, link, "/auth/verify")
        assert ">Confirmed<" in visitor.get("/account").text


class TestTheAccountPage:
    def test_shows_sessions_and_ends_them(
        self, stack: RunningStack, visitor: httpx.Client, email: str
    ) -> None:
        with _browser(stack, "Safari on a phone") as phone:
            _send(phone, "/auth/signin", "/auth/signin", email=email, password=PASSWORD)
            page = visitor.get("/account").text
            assert "This browser" in page
            assert "Safari on a phone" in page
            end = re.search(r'action="(/account/sessions/[^"/]+/end)"', page)
            assert end
            assert "Device signed out" in _send(visitor, "/account", end[1])
            assert "/auth/signin" in str(phone.get("/account").url)
        assert visitor.get("/account").status_code == 200

    def test_changes_the_password_and_stays_signed_in(self, visitor: httpx.Client, email: str) -> None:
        wrong = _send(visitor, "/account", "/account", currentPassword="a wrong guess", password=NEW)
        assert "isn&#x27;t your password" in wrong
        done = _send(visitor, "/account", "/account", currentPassword=PASSWORD, password=NEW)
        assert "Password changed" in done
        assert email in visitor.get("/account").text

    def test_signs_out_everywhere(self, visitor: httpx.Client) -> None:
        page = _send(visitor, "/account", "/account/sessions/end")
        assert "signed out on every device" in page
        assert "/auth/signin" in str(visitor.get("/account").url)

    def test_is_for_the_signed_in(self, stack: RunningStack) -> None:
        with _browser(stack) as stranger:
            assert "/auth/signin" in str(stranger.get("/account").url)
