"""What the table's roles meet: one thing of each kind, the owner's. Each service has a module in `worlds`."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared_events.ids import uuid7

ROLES = ("anonymous", "owner", "other", "staff", "suspended")


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
