"""The shapes that clients send and get. Names are camelCase and fixed."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers

from service_defaults.paging import Ordering
from tickets_service.tickets.models import CURRENCIES, Ticket
from tickets_service.tickets.queries import STATES

_NO_TITLE: dict[str, Any] = dict.fromkeys(("required", "null", "blank"), "Title is required")
_NO_PRICE: dict[str, Any] = dict.fromkeys(
    ("required", "null", "invalid", "min_value"), "Price must be greater than 0"
)
_SMALLEST_PRICE = Decimal("0.01")
_LISTING: dict[str, Any] = {field.name: field for field in Ticket._meta.concrete_fields}  # noqa: SLF001  public
#: How many listings one request may name by their ids.
MAX_IDS = 100


class PriceField(serializers.DecimalField):
    """An amount with two decimal places, as text or number."""

    def __init__(self, **kwargs: Any) -> None:
        price = _LISTING["price"]
        super().__init__(max_digits=price.max_digits, decimal_places=price.decimal_places, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the exact amount. A boolean is no amount, though Python counts with it."""
        if isinstance(data, bool):
            self.fail("invalid")
        amount: Decimal = super().to_internal_value(data)
        return amount


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


#: The ways listings can be sorted; `newest` is what it does by itself.
ORDERINGS = {
    "newest": None,
    "cheapest": Ordering(field="price", parse=PriceField().to_internal_value),
    "dearest": Ordering(field="price", parse=PriceField().to_internal_value, descending=True),
    "soonest": Ordering(field="starts_at", parse=_aware),
}


class TicketInput(serializers.Serializer[Any]):
    """What a seller says of a ticket; only `title` and `price` are required."""

    title = serializers.CharField(max_length=_LISTING["title"].max_length, error_messages=_NO_TITLE)
    price = PriceField(min_value=_SMALLEST_PRICE, error_messages=_NO_PRICE)
    currency = serializers.ChoiceField(choices=CURRENCIES, required=False)
    description = serializers.CharField(
        max_length=_LISTING["description"].max_length, required=False, allow_blank=True
    )
    venue = serializers.CharField(max_length=_LISTING["venue"].max_length, required=False, allow_blank=True)
    startsAt = serializers.DateTimeField(source="starts_at", required=False, allow_null=True)  # noqa: N815


class ListingFilterInput(serializers.Serializer[Any]):
    """The query of the list."""

    q = serializers.CharField(max_length=200, required=False, allow_blank=True)
    minPrice = PriceField(source="min_price", required=False)  # noqa: N815
    maxPrice = PriceField(source="max_price", required=False)  # noqa: N815
    startsFrom = serializers.DateTimeField(source="starts_from", required=False)  # noqa: N815
    startsTo = serializers.DateTimeField(source="starts_to", required=False)  # noqa: N815
    seller = serializers.UUIDField(required=False)
    sort = serializers.ChoiceField(
        choices=list(ORDERINGS),
        required=False,
        help_text="`newest` by default; `soonest` leaves out what has begun and what has no date",
    )
    state = serializers.ChoiceField(
        choices=list(STATES), required=False, help_text="Of one's own listings, only these"
    )
    ids = serializers.CharField(
        required=False, help_text=f"These listings in whatever state, up to {MAX_IDS}, separated by commas"
    )

    def validate_ids(self, text: str) -> list[UUID]:
        """Return the ids. One that isn't an id is simply unknown, as in an address."""
        ids = [part.strip() for part in text.split(",")]
        if len(ids) > MAX_IDS:
            raise serializers.ValidationError(f"Ask about {MAX_IDS} tickets at most")
        return [UUID(part) for part in ids if _is_id(part)]

    def to_internal_value(self, data: Any) -> Any:
        """Take an empty field of a search form as one that isn't there."""
        return super().to_internal_value({name: value for name, value in data.items() if value != ""})


class TicketOutput(serializers.Serializer[Any]):
    """A listing. `orderId` says which order holds or has bought it; `sold` which of the two."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    price = serializers.DecimalField(max_digits=10, decimal_places=2)
    currency = serializers.CharField()
    userId = serializers.UUIDField(source="user_id")  # noqa: N815
    orderId = serializers.UUIDField(source="order_id", allow_null=True)  # noqa: N815
    sold = serializers.BooleanField()
    version = serializers.IntegerField()
    description = serializers.CharField()
    venue = serializers.CharField()
    startsAt = serializers.DateTimeField(source="starts_at", allow_null=True)  # noqa: N815
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    updatedAt = serializers.DateTimeField(source="updated_at")  # noqa: N815


class StaffTicketOutput(TicketOutput):
    """A listing as staff see it. `state` is where it stands: one that is withdrawn is gone for good."""

    withdrawn = serializers.BooleanField()
    state = serializers.ChoiceField(choices=[*STATES, "withdrawn"])


class CurrencyOutput(serializers.Serializer[Any]):
    """A currency that listings may be in."""

    code = serializers.CharField(help_text="By ISO 4217")
    name = serializers.CharField(help_text="In English")


class ListingTermsOutput(serializers.Serializer[Any]):
    """What a listing may be."""

    currencies = CurrencyOutput(many=True)
    defaultCurrency = serializers.CharField()  # noqa: N815
    minPrice = serializers.DecimalField(max_digits=10, decimal_places=2)  # noqa: N815
    maxPrice = serializers.DecimalField(max_digits=10, decimal_places=2)  # noqa: N815
    maxTitleLength = serializers.IntegerField()  # noqa: N815
    maxVenueLength = serializers.IntegerField()  # noqa: N815
    maxDescriptionLength = serializers.IntegerField()  # noqa: N815


def listing_terms() -> dict[str, Any]:
    """Return what `TicketInput` accepts, as `ListingTermsOutput` shows it."""
    price = _LISTING["price"]
    return {
        "currencies": [{"code": code, "name": name} for code, name in CURRENCIES],
        "defaultCurrency": _LISTING["currency"].default,
        "minPrice": _SMALLEST_PRICE,
        "maxPrice": Decimal(10) ** (price.max_digits - price.decimal_places) - _SMALLEST_PRICE,
        "maxTitleLength": _LISTING["title"].max_length,
        "maxVenueLength": _LISTING["venue"].max_length,
        "maxDescriptionLength": _LISTING["description"].max_length,
    }


class AmountOutput(serializers.Serializer[Any]):
    """A sum in one currency."""

    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    currency = serializers.CharField()


class SellerSummaryOutput(serializers.Serializer[Any]):
    """How a seller's listings stand. `earned` has one sum for each currency that something was sold in."""

    listed = serializers.IntegerField()
    held = serializers.IntegerField()
    sold = serializers.IntegerField()
    earned = AmountOutput(many=True)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
