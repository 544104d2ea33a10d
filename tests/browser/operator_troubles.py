"""What gives the operators of a running stack something to do."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from local_stack.backing import backups
from local_stack.stack import REPOSITORY
from local_stack.supervisor import pausing
from tests.load import scenarios
from tests.load.client import Marketplace
from tests.load.scenarios import Scenario
from tests.running_stack import RunningStack, wait_for


def appoint(stack: RunningStack, email: str, password: str, role: str) -> None:
    """Make an operator with this role."""
    command = stack.manage("auth", "create_operator", "--email", email, "--role", role)
    environment = stack.environment("auth") | {"AUTH_OPERATOR_PASSWORD": password}
    subprocess.run(command, env=environment, cwd=REPOSITORY, check=True, capture_output=True)


def age_sign_in(stack: RunningStack, email: str) -> None:
    """Let the sign-ins of an account be eleven minutes old, once their access tokens are renewed."""
    with psycopg.connect(stack.database_url("auth")) as connection:
        connection.execute(
            "UPDATE accounts_session SET created_at = created_at - interval '11 minutes'"
            " WHERE user_id = (SELECT id FROM accounts_user WHERE email = %s)",
            [email],
        )


@contextmanager
def refusing_title(stack: RunningStack, title: str) -> Iterator[None]:
    """Let orders fail on listings with this title, as after a wrong migration, until the block ends."""
    with psycopg.connect(stack.database_url("orders"), autocommit=True) as connection:
        connection.execute("ALTER TABLE orders_ticketreplica DROP CONSTRAINT IF EXISTS refuses_title")
        # DDL takes no parameters.
        literal = sql.Literal(title)
        connection.execute(
            sql.SQL(
                "ALTER TABLE orders_ticketreplica ADD CONSTRAINT refuses_title CHECK (title <> {})"
            ).format(literal)
        )
        try:
            yield
        finally:
            connection.execute("ALTER TABLE orders_ticketreplica DROP CONSTRAINT IF EXISTS refuses_title")


def publish_unreadable(stack: RunningStack) -> None:
    """Have tickets publish an event that orders can't read."""
    command = (sys.executable, "-m", "tests.chaos.fault_injection", "tickets", "poison")
    subprocess.run(command, env=stack.environment("tickets"), cwd=REPOSITORY, check=True)


def wait_for_dead_letter(stack: RunningStack, text: str) -> None:
    """Wait until orders has parked an event with this in its envelope, and let all its tries be used up."""

    def is_dead() -> bool:
        return bool(
            connection.execute(
                "UPDATE shared_events_parkedevent SET tries = 8, dead_at = now(), next_try_at = NULL"
                " WHERE strpos(envelope, %s) > 0",
                [text],
            ).rowcount
        )

    with psycopg.connect(stack.database_url("orders"), autocommit=True) as connection:
        wait_for(is_dead, what="the event being parked")


def restore_older_orders(stack: RunningStack, file: Path) -> None:
    """Let people buy, restore orders from a dump without the last purchase, and let them go on."""
    with closing(Marketplace(stack.url, patience=90)) as market:
        scenario = Scenario.of_new_people(market, f"restored-{secrets.token_hex(4)}", patience=60)
        scenarios.buy(scenario)
        orders = stack.service("orders")
        with file.open("wb") as dump:
            backups.dump(stack.stack, orders, dump)
        scenarios.buy(scenario)
        pausing.pause(stack.stack, orders)
        with file.open("rb") as dump:
            backups.restore(stack.stack, orders, dump)
        pausing.resume(stack.stack, orders)
        scenario.buyer.hold(scenario.ticket("Held after the restore"))


def halted_streams(stack: RunningStack, service: str) -> list[str]:
    """The streams that a service has stopped following."""
    with psycopg.connect(stack.database_url(service)) as connection:
        rows = connection.execute("SELECT stream FROM shared_events_cursor WHERE halted_at IS NOT NULL")
        return [stream for (stream,) in rows]


def is_up_to_date(stack: RunningStack, service: str, stream: str, publisher: str) -> bool:
    """Whether a service has applied all of a stream."""
    applied = "SELECT position FROM shared_events_cursor WHERE stream = %s"
    recorded = "SELECT max(position) FROM shared_events_loggedevent WHERE stream = %s"
    with psycopg.connect(stack.database_url(service)) as here:
        [position] = here.execute(applied, [stream]).fetchone() or [None]
    with psycopg.connect(stack.database_url(publisher)) as there:
        [head] = there.execute(recorded, [stream]).fetchone() or [None]
    return bool(position == head)
