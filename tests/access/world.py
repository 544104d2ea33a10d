"""What the table's roles meet: one thing of each kind, the owner's. Each service has a module in `worlds`."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared_events.ids import uuid7

ROLES = ("nobody", "owner", "other", "staff", "suspended")


@dataclass
class World:
    """Who there is, what there is, and what one sends.

    `ids` fill the routes' parameters, `bodies` are by method and route. Where the suspended user asks, the
    thing is theirs.
    """

    people: dict[str, UUID] = field(default_factory=lambda: {role: uuid7() for role in ROLES})
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)
    bodies: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def owner(self, role: str) -> UUID:
        """Whom the thing belongs to, where this role asks."""
        return self.people["suspended" if role == "suspended" else "owner"]
