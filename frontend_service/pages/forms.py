"""The forms. The APIs validate; a form checks only what it has to parse itself."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from frontend_service.clients.errors import ApiError, IdempotencyKeyReused, NotFound
from frontend_service.clients.schemas import ListingTerms
from frontend_service.pages.messages import CURRENCY_NAMES, sentence_for, translated


class ApiForm(forms.Form):
    """A form with the API's input names (`starts_at` becomes `startsAt`), so that errors map to fields."""

    status = 200

    def add_prefix(self, field_name: str) -> str:
        """The input's name for a field."""
        return re.sub(r"_(\w)", lambda match: match.group(1).upper(), field_name)

    def is_valid(self) -> bool:
        """Whether the input can be sent to the API; sets `status`, the page's HTTP status."""
        valid = super().is_valid()
        self.status = 200 if valid else 400
        return valid

    def set_value(self, name: str, value: str) -> None:
        """Show the form again with this value in a hidden field, whatever was submitted in it."""
        self.data = {**dict(self.data.items()), self.add_prefix(name): value}

    @contextmanager
    def show_api_errors(self) -> Iterator[None]:
        """Show an API's errors beside the fields and keep the input. `NotFound` is raised again."""
        try:
            yield
        except NotFound:
            raise
        except ApiError as error:
            self.add_api_error(error)

    def add_api_error(self, error: ApiError) -> None:
        """Show an API's error: beside the field it names, else above the form."""
        self.status = error.status
        by_name = {self.add_prefix(name): name for name in self.fields}
        placed = [(by_name[reason.field], reason) for reason in error.errors if reason.field in by_name]
        for name, reason in placed:
            self.add_error(name, translated(reason.message))
        if len(placed) < len(error.errors):
            self.add_error(None, sentence_for(error))


class KeyedForm(ApiForm):
    """A form with an idempotency key: however often it is sent, it takes effect once."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)

    def clean_key(self) -> str:
        """The submitted key, or a new one where there is none."""
        return str(self.cleaned_data["key"] or uuid4())

    def add_api_error(self, error: ApiError) -> None:
        """As in every form; after `IdempotencyKeyReused` the form gets a new key for the next try."""
        super().add_api_error(error)
        if isinstance(error, IdempotencyKeyReused):
            self.set_value("key", str(uuid4()))


class SignInForm(ApiForm):
    """E-mail and password of an account."""

    email = forms.EmailField(
        label=_("E-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"invalid": _("Email must be valid")},
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SignUpForm(SignInForm):
    """E-mail and password of a new account."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 8 characters, and not a common password. Longer is better."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": 8}),
    )


class ListingForm(KeyedForm):
    """A listing's fields. Times are in the zone that the form was rendered in."""

    title = forms.CharField(
        label=_("Title"),
        help_text=_("The name of the event, as on the ticket."),
    )
    price = forms.DecimalField(
        label=_("Price"),
        decimal_places=2,
        help_text=_("Buyers pay exactly this. We add no fees."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    venue = forms.CharField(label=_("Venue"), required=False)
    starts_at = forms.DateTimeField(
        label=_("Starts"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Seat or area, how you deliver the ticket, and anything else buyers should know."),
    )
    zone = forms.CharField(
        widget=forms.HiddenInput, required=False, initial=timezone.get_current_timezone_name
    )
    etag = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, terms: ListingTerms | None, **kwargs: Any) -> None:
        """`terms` are the tickets API's; without them the currency can't be chosen."""
        super().__init__(*args, **kwargs)
        currency = self.fields["currency"]
        assert isinstance(currency, forms.ChoiceField)
        if terms is None:
            given = self.data.get("currency") or self.initial.get("currency") or ""
            currency.choices = [(given, given)]
            return
        currency.choices = [(code, CURRENCY_NAMES.get(code, name)) for code, name in terms.currencies.items()]
        currency.initial = terms.default_currency
        for name, length in terms.max_lengths.items():
            self.fields[name].widget.attrs["maxlength"] = length

    @property
    def preview(self) -> dict[str, Any]:
        """The input so far, as a card shows it, without the values that aren't valid yet."""
        data = getattr(self, "cleaned_data", self.initial)
        shown = ("title", "price", "currency", "venue", "starts_at")
        currency = data.get("currency") or self.fields["currency"].initial or ""
        return {name: data.get(name) for name in shown} | {"currency": currency}

    def fields_for_api(self) -> dict[str, Any]:
        """The listing as the API expects it."""
        data = self.cleaned_data
        currency = {"currency": data["currency"]} if data["currency"] else {}
        return currency | {
            "title": data["title"],
            "price": str(data["price"]),
            "venue": data["venue"],
            "startsAt": data["starts_at"].isoformat() if data["starts_at"] else None,
            "description": data["description"],
        }


class PayForm(KeyedForm):
    """The test cards. No form of ours has a field for a card number."""

    token = forms.ChoiceField(
        label=_("Test card"),
        initial="pm_card_visa",
        widget=forms.RadioSelect,
        choices=[
            ("pm_card_visa", _("Payment succeeds")),
            ("pm_card_chargeDeclined", _("Payment is declined")),
            ("pm_card_threeDSecure2Required", _("Bank asks you to confirm (3-D Secure)")),
        ],
    )


def is_id(text: str) -> bool:
    """Whether a text from a URL is a valid id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


_ORDERS = [
    ("", _("Newest first")),
    ("soonest", _("Soonest first")),
    ("cheapest", _("Lowest price first")),
    ("dearest", _("Highest price first")),
]


class SearchForm(ApiForm):
    """The filters of the browse page."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Event, artist, venue")}),
    )
    min_price = forms.DecimalField(label=_("Price from"), required=False, min_value=0, decimal_places=2)
    max_price = forms.DecimalField(label=_("Price to"), required=False, min_value=0, decimal_places=2)
    starts_from = forms.DateField(
        label=_("From date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    starts_to = forms.DateField(
        label=_("To date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    sort = forms.CharField(label=_("Sort by"), required=False, widget=forms.Select(choices=_ORDERS))
    seller = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_sort(self) -> str:
        """The order; the default for an unknown value, since no visitor types this one."""
        chosen: str = self.cleaned_data["sort"]
        return chosen if chosen in dict(_ORDERS) else ""

    def clean_seller(self) -> str:
        """The seller's id, or an empty text for an invalid one."""
        return str(self.cleaned_data["seller"]) if is_id(self.cleaned_data["seller"]) else ""

    def filters(self) -> dict[str, str]:
        """The filters as the API expects them, without invalid ones. Dates cover whole days."""
        data = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        edges = {"starts_from": time.min, "starts_to": time.max.replace(microsecond=0)}
        for name in edges.keys() & data.keys():
            data[name] = timezone.make_aware(datetime.combine(data[name], edges[name])).isoformat()
        return {self.add_prefix(name): str(value) for name, value in data.items()}

    @property
    def is_searching(self) -> bool:
        """Whether a filter is set that leaves listings out; the sort order doesn't."""
        return bool(self.filters().keys() - {"sort"})

    @property
    def sorted_by(self) -> str:
        """The label of the chosen order; empty for the default."""
        chosen = self.cleaned_data.get("sort", "")
        return str(dict(_ORDERS)[chosen]) if chosen else ""

    @property
    def has_filters(self) -> bool:
        """Whether a filter other than the search text is set, so that the filters' panel is open."""
        narrowing = [name for name in self.fields if name not in ("q", "sort", "seller")]
        return any(self.data.get(self.add_prefix(name)) for name in narrowing)
