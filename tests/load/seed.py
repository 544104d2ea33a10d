"""The step that fills a new stack with demo users and a few tickets, like any client of the gateway.

`python -m tests.load.seed <run directory>`
"""

import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local_stack.credentials import Credentials, credentials_of
from local_stack.stack import Stack
from local_stack.systems.marketplace import USERS
from tests.load.client import Marketplace, Person

_TICKETS = (
    ("Nils Frahm at the Funkhaus", "64.00", "Funkhaus, Berlin", 21),
    ("Swan Lake, stalls row 7", "88.50", "Opéra, Lyon", 34),
    ("Derby: Union against Hertha", "45.00", "Alte Försterei, Berlin", 12),
    ("Jazz in the cellar", "18.00", "A-Trane, Berlin", 5),
    ("The Tempest in the park", "25.00", "Regent's Park, London", 47),
    ("DjangoCon Europe, three days", "320.00", "Messe, Vienna", 120),
)


def main(run_dir: Path) -> None:
    """Sign up the demo users, and list the tickets unless there are listings already."""
    stack = Stack.load(run_dir)
    if stack is None:
        sys.exit(f"No stack was ever started in {run_dir}.")
    with closing(Marketplace(stack.url)) as market:
        _fill(market, credentials_of(run_dir))


def _fill(market: Marketplace, secrets: Credentials) -> None:
    people = {
        user: Person(market, email, secrets[f"{user}.password"])
        for user, email in USERS.items()
        if user != "operator"
    }
    for person in people.values():
        person.sign_up()
    if market.call("GET", "/api/tickets?limit=1"):
        return
    for title, price, venue, days in _TICKETS:
        starts = (datetime.now(UTC) + timedelta(days=days)).replace(
            hour=20, minute=0, second=0, microsecond=0
        )
        people["seller"].list_ticket(title=title, price=price, venue=venue, startsAt=starts.isoformat())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
