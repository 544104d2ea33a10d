"""`bench accounts`: how long each service still serves what was revoked, with the broker and without."""

import argparse
import re
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import httpx

from local_stack.console import out
from local_stack.stack import REPOSITORY
from local_stack.systems.marketplace import USERS
from tests.running_stack import RunningStack, running_stack

#: One route per service that needs a signed-in user, or returns it.
ROUTES = {name: f"/api/{name}" for name in ("tickets", "orders", "payments")}
ROUTES["auth"] = "/api/users/currentuser"
#: What is promised, in seconds: with the broker, at p99.
LATEST = 1.0
#: How long access tokens last in the round without a broker, and the clocks' leeway. Seconds.
TOKEN_SECONDS, LEEWAY = 20, 5
_POLL = 0.025
_REFUSED = frozenset({401, 403})
_PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Member:
    """A user with an account and one session."""

    id: str
    token: str


def bench(options: argparse.Namespace) -> int:
    """Run `bench accounts` with these options of its command line and return the exit code."""
    return bench_accounts(broker=options.broker, accounts=options.accounts)


def bench_accounts(*, broker: str, accounts: int) -> int:
    """Measure, print, and return 0 when every revocation took effect in time."""
    short = {"AUTH_ACCESS_SECONDS": str(TOKEN_SECONDS)}
    with running_stack(broker=broker) as stack:
        kept = _with_broker(stack, accounts)
        _look(stack)
    with running_stack(broker=broker, overrides=short) as stack:
        kept &= _without_broker(stack)
    return 0 if kept else 1


def _with_broker(stack: RunningStack, accounts: int) -> bool:
    out.print(f"\n{accounts} sign-outs and {accounts} suspensions, one after the other, the broker there")
    operator = _operator(stack)
    ways: dict[str, Callable[[Member], None]] = {
        "signed out": lambda member: _sign_out(stack, member),
        "suspended": lambda member: _suspend(operator, member),
    }
    kept = True
    for way, revoke in ways.items():
        late: dict[str, list[float]] = {service: [] for service in ROUTES}
        for _ in range(accounts):
            for service, after in _refused_after(stack, revoke).items():
                late[service].append(after)
        for service, seconds in late.items():
            kept &= _line(f"{way}, refused by {service}", seconds)
    out.print(f"{'✓ kept' if kept else '✗ not kept'}: refused everywhere within {LATEST:.0f} s at p99")
    return kept


def _look(stack: RunningStack) -> None:
    out.print("\nWhat each request with a token pays")
    command = (sys.executable, "-m", "tests.bench.revocation_check")
    subprocess.run(command, env=stack.environment("tickets"), cwd=REPOSITORY, check=True)


def _without_broker(stack: RunningStack) -> bool:
    out.print(f"\nA sign-out with the broker cut off, access tokens lasting {TOKEN_SECONDS} s")
    issued = time.monotonic()
    member = _member(stack)
    # The embedded broker has no process to stop: stop the relay instead.
    stack.stop("rabbitmq" if stack.stack.broker == "rabbitmq" else "auth.relay")
    after = _refused_after(stack, lambda _: _sign_out(stack, member), member)
    for service, seconds in after.items():
        out.print(f"  refused by {service:<28} {seconds:5.2f} s after the sign-out")
    lived = time.monotonic() - issued
    kept = lived <= TOKEN_SECONDS + LEEWAY + 1
    out.print(
        f"{'✓ kept' if kept else '✗ not kept'}: refused everywhere {lived:.1f} s after it was issued, "
        f"within its own {TOKEN_SECONDS} s and {LEEWAY} s of leeway"
    )
    return kept


def _refused_after(
    stack: RunningStack, revoke: Callable[[Member], None], member: Member | None = None
) -> dict[str, float]:
    """Return how long after the answer to `revoke` each service still served the token, in seconds."""
    subject = member or _member(stack)
    for service in ROUTES:
        _wait_for(stack, service, subject, refused=False)
    revoke(subject)
    began = time.monotonic()
    with ThreadPoolExecutor(len(ROUTES)) as pool:
        found = pool.map(lambda service: _wait_for(stack, service, subject, refused=True), ROUTES)
        return {service: at - began for service, at in zip(ROUTES, found, strict=True)}


def _wait_for(stack: RunningStack, service: str, member: Member, *, refused: bool) -> float:
    """Repeat the request until it is `refused` or not, and return the moment at which that one was sent."""
    headers = {"Authorization": f"Bearer {member.token}"}
    client = _client(f"{stack.url} {service}", stack.url)
    deadline = time.monotonic() + TOKEN_SECONDS + 40
    while time.monotonic() < deadline:
        sent = time.monotonic()
        status = client.get(ROUTES[service], headers=headers).status_code
        if (status in _REFUSED) == refused:
            return sent
        time.sleep(_POLL)
    raise TimeoutError(f"{service} went on answering {status}")


@cache
def _client(name: str, url: str) -> httpx.Client:
    """Return a client of that name, always the same one: making one costs more than what is measured."""
    return httpx.Client(base_url=url, timeout=15)


def _member(stack: RunningStack) -> Member:
    credentials = {"email": f"bench-{uuid.uuid4().hex}@example.com", "password": _PASSWORD}
    client = _client(f"{stack.url} accounts", stack.url)
    account = client.post("/api/users/signup", json=credentials).raise_for_status().json()
    client.cookies.clear()
    pair = client.post("/api/users/token", json=credentials).raise_for_status().json()
    return Member(id=account["id"], token=pair["access"])


def _sign_out(stack: RunningStack, member: Member) -> None:
    headers = {"Authorization": f"Bearer {member.token}"}
    client = _client(f"{stack.url} accounts", stack.url)
    client.post("/api/users/signout", json={}, headers=headers).raise_for_status()


def _operator(stack: RunningStack) -> httpx.Client:
    """Return the operator's browser, in accounts' admin."""
    browser = httpx.Client(
        base_url=stack.url, headers={"Origin": stack.url}, timeout=15, follow_redirects=True
    )
    credentials = {"email": USERS["operator"], "password": stack.password("operator")}
    browser.post("/api/users/signin", json=credentials).raise_for_status()
    browser.get("/admin/auth/login/").raise_for_status()
    return browser


def _suspend(operator: httpx.Client, member: Member) -> None:
    page = operator.get("/admin/auth/accounts/user/").raise_for_status().text
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, "the operator's session is over"
    form = {"csrfmiddlewaretoken": found[1], "action": "suspend", "_selected_action": member.id}
    operator.post("/admin/auth/accounts/user/", data=form).raise_for_status()


def _line(what: str, seconds: list[float]) -> bool:
    ordered = sorted(max(0.0, value) for value in seconds)
    median, last = statistics.median(ordered), ordered[-1]
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    out.print(f"  {what:<40} median {median:5.3f} s, p99 {p99:5.3f} s, last {last:5.3f} s")
    return p99 <= LATEST
