"""What the table's roles meet: one thing of each kind, the owner's. Each service has a module in `worlds`."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from service_defaults.testing import token_for
from shared_events.envelope import RawEnvelope
from shared_events.ids import uuid7
from shared_events.inbox import parking
from shared_events.inbox.subscriptions import everything
from shared_events.models import Cursor, ParkedEvent

ROLES = ("anonymous", "owner", "other", "staff", "suspended", "support", "money")
#: Roles whose tokens have the staff claim, and what is in the tokens' `role` claim.
STAFF_ROLES = {"staff": "", "support": "support", "money": "money"}


@dataclass
class World:
    """The users, the objects, and the request bodies.

    `ids` fill the routes' parameters, `bodies` are by method and route. In the suspended user's requests the
    object is their own.
    """

    people: dict[str, UUID] = field(default_factory=lambda: {role: uuid7() for role in ROLES})
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)
    bodies: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def owner(self, role: str) -> UUID:
        """Return the owner of the object that this role requests."""
        return self.people["suspended" if role == "suspended" else "owner"]

    def body(self, method: str, route: str) -> dict[str, Any]:
        """Return the least that is valid: of what operators do, the reason."""
        return self.bodies.get((method, route), {"reason": "Asked for"} if "/staff/" in route else {})

    def sign_in_all(self) -> None:
        """Give each signed-in role a token, as auth issues it for a session."""
        for role in ROLES[1:]:
            self.tokens[role] = token_for(
                self.people[role], staff=role in STAFF_ROLES, role=STAFF_ROLES.get(role, "")
            )

    def add_events(self) -> None:
        """Park an event of some stream, and halt the stream."""
        stream = "weather"
        Cursor.objects.create(stream=stream, position=1, halted_at=timezone.now(), halt_reason="Trouble")
        event = RawEnvelope(
            stream=stream, position=1, id=uuid7(), type="weather.changed", schema_version=1,
            aggregate_id=uuid7(), version=1, occurred_at=timezone.now(), correlation_id="r1",
            causation_id=None, traceparent="", data={},
        )  # fmt: skip
        parking.park([event], everything, ValueError("Trouble"))
        self.ids |= {"stream": stream, "parked_id": ParkedEvent.objects.get().id}
