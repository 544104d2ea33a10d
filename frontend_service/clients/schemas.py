"""The APIs' responses as frozen dataclasses, parsed from camelCase JSON.

Every `from_json` raises KeyError, TypeError or ValueError for invalid data; unknown fields are
ignored.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

Json = dict[str, Any]
Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class ListPage(Generic[Item]):
    """One page of a list; `cursor` leads to the next page, and is empty on the last."""

    items: list[Item]
    cursor: str = ""


@dataclass(frozen=True, kw_only=True)
class User:
    """The signed-in user. `is_staff` users may also sign in to the services' admins."""

    id: UUID
    email: str
    is_staff: bool

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse the users API's user."""
        return cls(id=UUID(data["id"]), email=str(data["email"]), is_staff=data.get("isStaff") is True)


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """A listing. `order_id` is set while it is held and when it is `sold`."""

    id: UUID
    title: str
    price: Decimal
    currency: str
    user_id: UUID
    order_id: UUID | None
    sold: bool
    description: str
    venue: str
    starts_at: datetime | None
    etag: str = ""

    @classmethod
    def from_json(cls, data: Json, *, etag: str = "") -> Self:
        """Parse the tickets API's ticket; the `etag` comes from the response's header."""
        return cls(
            id=UUID(data["id"]),
            title=str(data["title"]),
            price=_money(data["price"]),
            currency=str(data.get("currency") or ""),
            user_id=UUID(data["userId"]),
            order_id=UUID(data["orderId"]) if data.get("orderId") else None,
            sold=data.get("sold") is True,
            description=str(data.get("description") or ""),
            venue=str(data.get("venue") or ""),
            starts_at=_moment(data.get("startsAt")),
            etag=etag,
        )


@dataclass(frozen=True, kw_only=True)
class HeldTicket:
    """The ticket as it was when the hold began: this is the price that is paid."""

    id: UUID
    title: str
    price: Decimal
    currency: str

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse an order's ticket."""
        return cls(
            id=UUID(data["id"]),
            title=str(data["title"]),
            price=_money(data["price"]),
            currency=str(data.get("currency") or ""),
        )


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A sum in one currency."""

    amount: Decimal
    currency: str

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse an API's amount."""
        return cls(amount=_money(data["amount"]), currency=str(data["currency"]))


@dataclass(frozen=True, kw_only=True)
class SellerSummary:
    """How many of a seller's listings are in which state, and what the sold ones bring."""

    listed: int
    held: int
    sold: int
    earned: list[Amount]

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse the tickets API's summary."""
        return cls(
            listed=int(data["listed"]),
            held=int(data["held"]),
            sold=int(data["sold"]),
            earned=[Amount.from_json(item) for item in data["earned"]],
        )


@dataclass(frozen=True, kw_only=True)
class ListingTerms:
    """What the tickets API accepts of a listing: the currencies' names by code, and its texts' lengths."""

    currencies: dict[str, str]
    default_currency: str
    max_lengths: dict[str, int]

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse the tickets API's terms."""
        return cls(
            currencies={str(one["code"]): str(one["name"]) for one in data["currencies"]},
            default_currency=str(data["defaultCurrency"]),
            max_lengths={
                "title": int(data["maxTitleLength"]),
                "venue": int(data["maxVenueLength"]),
                "description": int(data["maxDescriptionLength"]),
            },
        )


@dataclass(frozen=True, kw_only=True)
class HoldTerms:
    """What holding a ticket means: how long a hold lasts."""

    hold_seconds: int

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse the orders API's terms."""
        return cls(hold_seconds=int(data["holdSeconds"]))


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """Something that happened to an order: its event's type, such as `order.extended`."""

    type: str
    at: datetime

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse an entry of an order's history."""
        return cls(type=str(data["type"]), at=datetime.fromisoformat(data["at"]))


@dataclass(frozen=True, kw_only=True)
class Order:
    """A hold and its outcome.

    `status` is created, awaiting:payment, complete or cancelled; `extension_seconds` is by how much the
    buyer may extend the hold, or 0. `history` is there only when a single order is requested.
    """

    id: UUID
    status: str
    created_at: datetime
    expires_at: datetime
    ticket: HeldTicket
    extension_seconds: int
    cancel_reason: str
    history: tuple[HistoryEntry, ...] = ()

    @property
    def extension_minutes(self) -> int:
        """By how much the buyer may extend the hold, rounded; 0 where that is impossible."""
        return max(1, round(self.extension_seconds / 60)) if self.extension_seconds else 0

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse the orders API's order."""
        return cls(
            id=UUID(data["id"]),
            status=str(data["status"]),
            created_at=datetime.fromisoformat(data["createdAt"]),
            expires_at=datetime.fromisoformat(data["expiresAt"]),
            ticket=HeldTicket.from_json(data["ticket"]),
            extension_seconds=int(data.get("extensionSeconds") or 0),
            cancel_reason=str(data.get("cancelReason") or ""),
            history=tuple(HistoryEntry.from_json(step) for step in data.get("history") or ()),
        )

    @property
    def completed_at(self) -> datetime | None:
        """When it was paid; None before, or where its history wasn't sent."""
        return next((step.at for step in self.history if step.type == "order.completed"), None)


@dataclass(frozen=True, kw_only=True)
class Payment:
    """One attempt to pay an order.

    `reason_code` is why it ended as it did, `failure` the bank's sentence where it declined. `refunded` is
    how much has gone back, in `currency`.
    `next_action_url` is the bank's page on which the buyer confirms a payment that `requires_action`; empty
    where there is none to go to.
    """

    id: UUID
    status: str
    reason_code: str
    failure: str
    next_action_url: str
    refunded: Decimal = Decimal(0)
    currency: str = ""
    updated_at: datetime | None = None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse the payments API's payment."""
        address = str(data.get("nextActionUrl") or "")
        return cls(
            id=UUID(data["id"]),
            status=str(data["status"]),
            reason_code=str(data.get("reasonCode") or ""),
            failure=str((data.get("failure") or {}).get("message") or ""),
            next_action_url=address if address.startswith(("https://", "http://")) else "",
            refunded=_money(data.get("refunded") or 0),
            currency=str(data.get("currency") or ""),
            updated_at=_moment(data.get("updatedAt")),
        )


def _money(value: object) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"not an amount: {value!r}") from None
    if not amount.is_finite():
        raise ValueError(f"not an amount: {value!r}")
    return amount


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
