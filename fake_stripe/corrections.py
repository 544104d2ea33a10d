"""Corrects what localstripe gets wrong about payments.

localstripe binds its routes when its server module is imported, so `correct` must run before that.
"""
# ruff: noqa: SLF001 - localstripe has no public way to any of this

from functools import partial
from typing import Any

from localstripe import resources
from localstripe.errors import UserError
from localstripe.resources import Charge, Event, PaymentIntent, PaymentMethod, Refund, Token

from fake_stripe import cards, challenge, listing

_confirm = PaymentIntent._api_confirm
_capture = PaymentIntent._api_capture
_cancel = PaymentIntent._api_cancel
_authenticate = PaymentIntent._api_authenticate
_create_intent = PaymentIntent._api_create
_create_refund = Refund._api_create
_create_charge = PaymentIntent._create_charge
_is_declined = PaymentMethod._charging_is_declined
_last_error = PaymentIntent.last_payment_error.fget


def correct(origin: str) -> None:
    """Replace the methods and routes that are wrong. `origin` is this server's URL for a buyer's browser."""
    listing.correct()
    PaymentMethod._try_get_canonical_test_article = staticmethod(_published_card)
    PaymentMethod._charging_is_declined = _charging_is_declined
    Charge._set_auth_failure = _fail
    Charge._raise_failure = _raise_decline
    PaymentIntent._create_charge = _create_charge_with_event
    PaymentIntent._api_create = staticmethod(_create)
    PaymentIntent.last_payment_error = property(_last_payment_error)
    Refund._api_create = staticmethod(_refund)
    PaymentIntent._api_authenticate = staticmethod(authenticate)
    ours = {
        "confirm": partial(confirm, origin=origin),
        "capture": capture,
        "cancel": cancel,
        "_authenticate": authenticate,
    }
    resources.extra_apis[:] = [
        (method, url, ours.get(url.rpartition("/")[2], func) if "/payment_intents/" in url else func)
        for method, url, func in resources.extra_apis
    ]


def confirm(
    id: str, payment_method: str | None = None, return_url: str | None = None, *, origin: str, **data: Any
) -> Any:
    """Confirm an intent with a card given now or before; a failed one accepts another card.

    With a `return_url` a challenge redirects to a page, without one Stripe's script handles it.
    """
    intent = PaymentIntent._api_retrieve(id)
    card = _card_in(payment_method, data.pop("payment_method_data", None))
    if card is not None and intent.status in ("requires_payment_method", "requires_confirmation"):
        intent.payment_method = card
        intent.latest_charge = None
    _require_state(intent, "confirm", "requires_confirmation")
    intent = _confirm(id, **data)
    if intent.next_action and return_url:
        intent._return_url = return_url
        page = {"url": challenge.page_address(intent, origin), "return_url": return_url}
        intent.next_action = {"type": "redirect_to_url", "redirect_to_url": page}
    return intent


def authenticate(id: str, **data: Any) -> Any:
    """Apply the buyer's answer to a challenge; a refusal sends an event."""
    intent = _authenticate(id, **data)
    if intent._authentication_failed:
        resources.schedule_webhook(Event("payment_intent.payment_failed", intent))
    return intent


def capture(id: str, **data: Any) -> Any:
    """Capture an authorised intent; raises UserError in any other state."""
    _require_state(PaymentIntent._api_retrieve(id), "capture", "requires_capture")
    return _capture(id, **data)


def cancel(id: str, cancellation_reason: str | None = None, **data: Any) -> Any:
    """Cancel an intent that isn't captured."""
    intent = PaymentIntent._api_retrieve(id)
    _require_state(
        intent,
        "cancel",
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
        "requires_capture",
    )
    intent = _cancel(id, **data)
    resources.schedule_webhook(Event("payment_intent.canceled", intent))
    return intent


def _create(payment_method: str | None = None, payment_method_data: Any = None, **data: Any) -> Any:
    return _create_intent(payment_method=_card_in(payment_method, payment_method_data), **data)


def _refund(**data: Any) -> Any:
    charge = _charge_to_refund(data)
    left = charge.amount - charge.amount_refunded
    amount = int(data.get("amount") or left)
    if amount > left or not left:
        raise UserError(
            400, f"Charge {charge.id} has already been refunded.", {"code": "charge_already_refunded"}
        )
    refund = _create_refund(**{**data, "amount": amount})
    resources.schedule_webhook(Event("charge.refunded", charge))
    return refund


def _charge_to_refund(data: dict[str, Any]) -> Any:
    if data.get("payment_intent"):
        intent = PaymentIntent._api_retrieve(data["payment_intent"])
        _require_state(intent, "refund", "succeeded")
        return intent.latest_charge
    charge = Charge._api_retrieve(data.get("charge") or "")
    if not (charge.captured and charge.paid):
        raise UserError(
            400, "Cannot refund a charge that wasn't captured.", {"code": "charge_not_refundable"}
        )
    return charge


def _require_state(intent: Any, verb: str, *states: str) -> None:
    if intent.status not in states:
        raise UserError(
            400,
            f"You cannot {verb} this PaymentIntent because it has a status of {intent.status}.",
            {"code": "payment_intent_unexpected_state", "payment_intent": intent._export()},
        )


def _card_in(payment_method: str | None, data: Any) -> str | None:
    """Return the id of the card that a request names: a test card, a token, or one that exists."""
    name = payment_method
    if isinstance(data, dict) and isinstance(data.get("card"), dict):
        name = data["card"].get("token")
    if name is None:
        return None
    card = _published_card(name) or _card_of_token(name)
    if card is None and resources.store.get(f"payment_method:{name}") is None:
        kind = "token" if name.startswith("tok_") else "PaymentMethod"
        raise UserError(
            400, f"No such {kind}: '{name}'", {"code": "resource_missing", "param": "payment_method"}
        )
    return card.id if card else name


def _published_card(name: str) -> Any:
    number = cards.number_of(name)
    return _new_card(number) if number else None


def _card_of_token(name: str) -> Any:
    token: Token | None = resources.store.get(f"token:{name}")
    return _new_card(token.card._card_number) if token else None


def _new_card(number: str) -> Any:
    return PaymentMethod(
        type="card", card={"number": number, "exp_month": "12", "exp_year": "2040", "cvc": "123"}
    )


def _charging_is_declined(source: Any) -> bool:
    number = getattr(source, "_card_number", "")
    return cards.decline_of(number) is not None or bool(_is_declined(source))


def _fail(charge: Any) -> None:
    card = PaymentMethod._api_retrieve(charge.payment_method)
    decline = cards.decline_of(getattr(card, "_card_number", "")) or cards.GENERIC
    charge.status = "failed"
    charge.failure_code = decline.code
    charge.failure_message = decline.message
    charge._decline_code = decline.decline_code


def _raise_decline(charge: Any) -> None:
    error = UserError(
        402,
        charge.failure_message,
        {"code": charge.failure_code, "decline_code": charge._decline_code, "charge": charge.id},
    )
    error.body["error"]["type"] = "card_error"
    raise error


def _last_payment_error(intent: Any) -> Any:
    error = _last_error(intent)
    if error and intent.latest_charge is not None and "charge" in error:
        return {**error, "type": "card_error", "decline_code": intent.latest_charge._decline_code}
    return error


def _create_charge_with_event(intent: Any, on_failure_now: Any) -> None:
    _create_charge(intent, on_failure_now=on_failure_now)
    if intent.status == "requires_capture":
        resources.schedule_webhook(Event("payment_intent.amount_capturable_updated", intent))
