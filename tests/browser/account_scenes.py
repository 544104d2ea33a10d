"""The scenes of signing in, of one's own account, and of the emails about it."""

from frontend_service.tests.fake_answers import Problem
from tests.browser.stage import Email, Scene, scene, sign_in

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.6 Mobile/15E148 Safari/604.1"
)
PROGRAM = "secondrow-inventory-sync/2.1"
NEW_PASSWORD = "ten purple bottles"
# As long as a real one.
_TOKEN = "0198f3c2a7d17b40:eyJtYXJrIjoiNWY3YTBjIn0%3A1uT9xQ%3A" + "Zk3vQ8wLr2" * 6


def _account(it: Scene, *, verified: bool = False, staff: bool = False) -> None:
    ada = sign_in(it, emailVerified=verified, isStaff=staff)
    it.market.add_session(ada, program=PHONE, address="2001:db8:85a3:8d3:1319:8a2e:370:7348", hours_ago=5)
    it.address = "/account"


@scene
def _account_unconfirmed(it: Scene) -> None:
    _account(it)


@scene
def _account_many_sessions(it: Scene) -> None:
    _account(it, verified=True)
    it.market.add_session(it.visitor, program=PROGRAM, hours_ago=20)
    it.market.add_session(it.visitor, program="x" * 200, hours_ago=21)
    it.market.add_session(it.visitor, program="", address="", hours_ago=300)


@scene
def _account_one_session(it: Scene) -> None:
    sign_in(it, emailVerified=True)
    it.address = "/account"


@scene
def _account_operator(it: Scene) -> None:
    _account(it, verified=True, staff=True)


@scene
def _account_session_ended(it: Scene) -> None:
    _account(it, verified=True)
    it.press = "Sign out Safari on iPhone"


@scene
def _account_ended_everywhere(it: Scene) -> None:
    _account(it)
    it.press = "Sign out everywhere"


@scene
def _account_letter_sent(it: Scene) -> None:
    _account(it)
    it.press = "Resend e-mail"


@scene
def _account_letter_too_often(it: Scene) -> None:
    _account(it)
    it.press, it.status = "Resend e-mail", 429
    busy = Problem(429, "too-many", "Slow down", retry_after=600)
    it.market.problems = {"POST /api/users/email/verification": busy}


@scene
def _account_password_changed(it: Scene) -> None:
    _account(it, verified=True)
    it.fill = {"Current password": "correct horse", "New password": NEW_PASSWORD}
    it.press = "Change password"


@scene
def _account_password_refused(it: Scene) -> None:
    _account_password_changed(it)
    it.fill["Current password"], it.status = "a wrong guess", 400


@scene
def _account_password_too_often(it: Scene) -> None:
    _account_password_changed(it)
    it.market.problems = {"POST /api/users/password": Problem(429, "too-many", "Slow down", retry_after=30)}
    it.status = 429


@scene
def _account_down(it: Scene) -> None:
    _account(it)
    it.market.down, it.status = {"users"}, 503


@scene
def _account_sessions_down(it: Scene) -> None:
    """Accounts say who it is, and no more."""
    _account(it)
    it.market.problems = {"GET /api/users/sessions": Problem(503, "unavailable", "Not now")}
    it.status = 503


@scene
def _sign_in_page(it: Scene) -> None:
    it.address = "/auth/signin"


@scene
def _sign_in_refused(it: Scene) -> None:
    it.address, it.status = "/auth/signin", 400
    it.fill = {"E-mail": "ada@example.com", "Password": "not mine, sorry"}
    it.press = "Sign in"


@scene
def _sign_in_too_often(it: Scene) -> None:
    _sign_in_refused(it)
    it.status = 429
    it.market.problems = {"POST /api/users/signin": Problem(429, "too-many", "Slow down", retry_after=30)}


@scene
def _sign_up(it: Scene) -> None:
    it.address = "/auth/signup"


@scene
def _sign_up_refused(it: Scene) -> None:
    it.market.add_user("ada@example.com")
    it.address, it.status = "/auth/signup", 400
    it.fill = {"E-mail": "ada@example.com", "Password": "correct horse"}
    it.press = "Sign up"


@scene
def _forgot(it: Scene) -> None:
    it.address = "/auth/forgot"


@scene
def _reset(it: Scene) -> None:
    it.address = "/auth/reset?token=from-a-letter"


@scene
def _verify(it: Scene) -> None:
    it.address = "/auth/verify?token=from-a-letter"


@scene
def _sign_out(it: Scene) -> None:
    sign_in(it)
    it.address = "/auth/signout"


@scene
def _forgot_sent(it: Scene) -> None:
    it.address = "/auth/forgot"
    it.fill, it.press = {"E-mail": "ada@example.com"}, "Send link"


@scene
def _mailbox(it: Scene) -> None:
    origin, to = it.market.origin, "ada@example.com"
    it.emails = [
        Email(
            to=to, subject="Your password was changed", hours_ago=0.5,
            text="The password of your account was changed just now, and every device was signed out.\n\n"
            f"If it wasn't you, choose a new one at once: {origin}/auth/forgot",
        ),
        Email(
            to=to, subject="Choose a new password", hours_ago=1,
            text="Somebody, hopefully you, asked for a new password for your account.\n\n"
            f"{origin}/auth/reset?token={_TOKEN}\n\n"
            "The link works once, within the hour. If it wasn't you, do nothing: your password stays as it "
            "is.",
        ),
        Email(
            to="somebody.with.a.very.long.name.indeed@department.of.long.names.example.com",
            subject="Confirm your e-mail address", hours_ago=50,
            text=f"Welcome. Open this link to confirm that this address is yours:\n\n"
            f"{origin}/auth/verify?token={_TOKEN}\n\n"
            "If you made no account with us, somebody mistyped an address: do nothing.",
        ),
    ]  # fmt: skip
    it.address = "/mailbox"


@scene
def _mailbox_odd_letters(it: Scene) -> None:
    """What other programs than ours might have written there."""
    it.emails = [
        Email(to="ada@example.com", subject="", text="<b>Not bold</b> " + "x" * 200, hours_ago=1),
        Email(to="ada@example.com", subject="x" * 200, text="", hours_ago=2),
    ]
    it.address = "/mailbox"


@scene
def _mailbox_empty(it: Scene) -> None:
    it.address = "/mailbox"
