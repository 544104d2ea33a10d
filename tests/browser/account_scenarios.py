"""Scenarios of signing in, the account page and the mailbox."""

from frontend_service.tests.fake_answers import Problem
from tests.browser.scenario import Email, Scenario, add_scenario, sign_in

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.6 Mobile/15E148 Safari/604.1"
)
PROGRAM = "secondrow-inventory-sync/2.1"
NEW_PASSWORD = "ten purple bottles"
# As long as a real one.
_TOKEN = "0198f3c2a7d17b40:eyJtYXJrIjoiNWY3YTBjIn0%3A1uT9xQ%3A" + "Zk3vQ8wLr2" * 6


def _account(scenario: Scenario, *, verified: bool = False, staff: bool = False) -> None:
    ada = sign_in(scenario, emailVerified=verified, isStaff=staff)
    scenario.market.add_session(
        ada, user_agent=PHONE, address="2001:db8:85a3:8d3:1319:8a2e:370:7348", hours_ago=5
    )
    scenario.address = "/account"


@add_scenario
def _account_unconfirmed(scenario: Scenario) -> None:
    _account(scenario)


@add_scenario
def _account_many_sessions(scenario: Scenario) -> None:
    _account(scenario, verified=True)
    scenario.market.add_session(scenario.visitor, user_agent=PROGRAM, hours_ago=20)
    scenario.market.add_session(scenario.visitor, user_agent="x" * 200, hours_ago=21)
    scenario.market.add_session(scenario.visitor, user_agent="", address="", hours_ago=300)


@add_scenario
def _account_one_session(scenario: Scenario) -> None:
    sign_in(scenario, emailVerified=True)
    scenario.address = "/account"


@add_scenario
def _account_staff(scenario: Scenario) -> None:
    _account(scenario, verified=True, staff=True)


@add_scenario
def _account_session_ended(scenario: Scenario) -> None:
    _account(scenario, verified=True)
    scenario.press = "Sign out Safari on iPhone"


@add_scenario
def _account_ended_everywhere(scenario: Scenario) -> None:
    _account(scenario)
    scenario.press = "Sign out everywhere"


@add_scenario
def _account_email_sent(scenario: Scenario) -> None:
    _account(scenario)
    scenario.press = "Resend e-mail"


@add_scenario
def _account_email_too_often(scenario: Scenario) -> None:
    _account(scenario)
    scenario.press, scenario.status = "Resend e-mail", 429
    busy = Problem(429, "too-many", "Slow down", retry_after=600)
    scenario.market.problems = {"POST /api/users/email/verification": busy}


@add_scenario
def _account_password_changed(scenario: Scenario) -> None:
    _account(scenario, verified=True)
    scenario.fill = {"Current password": "correct horse", "New password": NEW_PASSWORD}
    scenario.press = "Change password"


@add_scenario
def _account_password_refused(scenario: Scenario) -> None:
    _account_password_changed(scenario)
    scenario.fill["Current password"], scenario.status = "a wrong guess", 400


@add_scenario
def _account_password_too_often(scenario: Scenario) -> None:
    _account_password_changed(scenario)
    scenario.market.problems = {
        "POST /api/users/password": Problem(429, "too-many", "Slow down", retry_after=30)
    }
    scenario.status = 429


@add_scenario
def _account_down(scenario: Scenario) -> None:
    _account(scenario)
    scenario.market.down, scenario.status = {"users"}, 503


@add_scenario
def _account_sessions_down(scenario: Scenario) -> None:
    """Accounts answers who is signed in, but not the sessions."""
    _account(scenario)
    scenario.market.problems = {"GET /api/users/sessions": Problem(503, "unavailable", "Not now")}
    scenario.status = 503


@add_scenario
def _sign_in_page(scenario: Scenario) -> None:
    scenario.address = "/auth/signin"


@add_scenario
def _sign_in_refused(scenario: Scenario) -> None:
    scenario.address, scenario.status = "/auth/signin", 400
    scenario.fill = {"E-mail": "ada@example.com", "Password": "not mine, sorry"}
    scenario.press = "Sign in"


@add_scenario
def _sign_in_too_often(scenario: Scenario) -> None:
    _sign_in_refused(scenario)
    scenario.status = 429
    scenario.market.problems = {
        "POST /api/users/signin": Problem(429, "too-many", "Slow down", retry_after=30)
    }


@add_scenario
def _sign_up(scenario: Scenario) -> None:
    scenario.address = "/auth/signup"


@add_scenario
def _sign_up_refused(scenario: Scenario) -> None:
    scenario.market.add_user("ada@example.com")
    scenario.address, scenario.status = "/auth/signup", 400
    scenario.fill = {"E-mail": "ada@example.com", "Password": "correct horse"}
    scenario.press = "Create account"


@add_scenario
def _forgot(scenario: Scenario) -> None:
    scenario.address = "/auth/forgot"


@add_scenario
def _reset(scenario: Scenario) -> None:
    scenario.address = "/auth/reset?token=from-an-email"


@add_scenario
def _verify(scenario: Scenario) -> None:
    scenario.address = "/auth/verify?token=from-an-email"


@add_scenario
def _sign_out(scenario: Scenario) -> None:
    sign_in(scenario)
    scenario.address = "/auth/signout"


@add_scenario
def _forgot_sent(scenario: Scenario) -> None:
    scenario.address = "/auth/forgot"
    scenario.fill, scenario.press = {"E-mail": "ada@example.com"}, "Send link"


@add_scenario
def _mailbox(scenario: Scenario) -> None:
    origin, to = scenario.market.origin, "ada@example.com"
    scenario.emails = [
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
            to="a.person.with.a.very.long.name.indeed@department.of.long.names.example.com",
            subject="Confirm your e-mail address", hours_ago=50,
            text=f"Welcome. Open this link to confirm that this address is yours:\n\n"
            f"{origin}/auth/verify?token={_TOKEN}\n\n"
            "If you made no account with us, somebody mistyped an address: do nothing.",
        ),
    ]  # fmt: skip
    scenario.address = "/mailbox"


@add_scenario
def _mailbox_unusual_emails(scenario: Scenario) -> None:
    """E-mails that the auth service wouldn't send."""
    scenario.emails = [
        Email(to="ada@example.com", subject="", text="<b>Not bold</b> " + "x" * 200, hours_ago=1),
        Email(to="ada@example.com", subject="x" * 200, text="", hours_ago=2),
    ]
    scenario.address = "/mailbox"


@add_scenario
def _mailbox_empty(scenario: Scenario) -> None:
    scenario.address = "/mailbox"
