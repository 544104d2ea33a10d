"""Compare the published events with each service's rows: its own, and its copies of others'."""

from decimal import Decimal
from typing import Any

from tests.model.fake_broker import SERVICES, FakeBroker
from tests.model.processes import Message
from tests.model.snapshot import Snapshot


def check_copies(snapshot: Snapshot, broker: FakeBroker) -> None:
    """Raise AssertionError where a copy isn't what the newest event says that its service has applied.

    It holds at every moment, and while a service reads a stream again too: no copy goes back.
    """
    _compare(
        "orders", snapshot, "ticket", snapshot.ticket_copies,
        {key: _ticket_copy(event) for key, event in _applied(broker, "orders", "ticket").items()},
    )  # fmt: skip
    _compare(
        "payments", snapshot, "order", snapshot.order_copies,
        {key: _order_copy(event) for key, event in _applied(broker, "payments", "order").items()},
    )  # fmt: skip
    for service in SERVICES:
        types = {"user.suspended", "user.reinstated"}
        users = _applied(broker, service, "user", types)
        statuses = {key: {"id": key, "status": event["data"]["status"]} for key, event in users.items()}
        _compare(service, snapshot, "user", snapshot.user_copies[service], statuses)
        revoked = _applied(broker, service, "user")
        standing = {key: _revocation(event) for key, event in revoked.items()}
        _compare(
            service,
            snapshot,
            "user",
            {k: _plain(v) for k, v in snapshot.revocations[service].items()},
            standing,
        )
    _check_reservations(snapshot, broker)


def check_logs(snapshot: Snapshot, broker: FakeBroker) -> None:
    """Raise AssertionError where a row's public state isn't to be had from its own events alone."""
    for stream, rows, state in (
        ("ticket", snapshot.tickets, _ticket_row),
        ("order", snapshot.orders, _order_row),
        ("payment", snapshot.payments, _payment_row),
    ):
        last = {event["aggregate_id"]: event for event in broker.logs[stream]}
        assert last.keys() == rows.keys()
        for key, event in last.items():
            published = state(event)
            row = {name: rows[key][name] for name in published}
            assert _plain(row) == _plain(published), f"{event['type']} says {published} of {row}"


def _applied(
    broker: FakeBroker, service: str, stream: str, types: set[str] | None = None
) -> dict[str, Message]:
    """Return the newest event of each aggregate that a service has ever applied."""
    log = broker.logs[stream][: broker.furthest[service, stream]]
    return {event["aggregate_id"]: event for event in log if types is None or event["type"] in types}


def _compare(
    service: str, snapshot: Snapshot, stream: str, copies: Any, published: dict[str, Message]
) -> None:
    for key in copies.keys() | published.keys():
        if key not in snapshot.blocked[service]:
            assert _plain(copies.get(key, {})) == _plain(published.get(key, {})), (
                f"{service} has {copies.get(key)} of {stream} {key}, and received {published.get(key)}"
            )


def _check_reservations(snapshot: Snapshot, broker: FakeBroker) -> None:
    """A ticket is held by the last order on it that has not ended, as far as tickets has applied."""
    blocked = set(snapshot.blocked["tickets"])
    applied = broker.logs["order"][: broker.furthest["tickets", "order"]]
    for ticket in snapshot.tickets.values():
        events = [event for event in applied if event["data"]["ticket"]["id"] == ticket["id"]]
        if blocked & {event["aggregate_id"] for event in events} or ticket["withdrawn"]:
            continue
        last = events[-1] if events else None
        live = last if last is not None and last["type"] != "order.cancelled" else None
        expected = (live["aggregate_id"], live["type"] == "order.completed") if live else (None, False)
        assert (ticket["order_id"], ticket["sold"]) == expected, f"{ticket} after {last}"


def _ticket_copy(event: Message) -> Message:
    data = event["data"]
    return {
        "id": event["aggregate_id"],
        "price": data["price"],
        "withdrawn": data["status"] == "withdrawn",
        "version": event["version"],
    }


def _order_copy(event: Message) -> Message:
    data = event["data"]
    return {
        "id": event["aggregate_id"],
        "buyer": data["user_id"],
        "amount": data["ticket"]["price"],
        "status": data["status"],
        "payment_id": data.get("payment_id"),
        "expires_at": data["expires_at"],
        "cancel_reason": data.get("cancel_reason", ""),
    }


def _revocation(event: Message) -> Message:
    data = event["data"]
    return {
        "subject": event["aggregate_id"],
        "suspended": data["status"] == "suspended",
        "not_before": data["not_before"],
        "version": event["version"],
    }


def _ticket_row(event: Message) -> Message:
    data = event["data"]
    names = ("title", "price", "currency", "description", "venue", "starts_at", "user_id", "created_at")
    owned = data["status"] in ("reserved", "sold")
    return {
        **{name: data[name] for name in names},
        "order_id": data["order_id"] if owned else None,
        "sold": data["status"] == "sold",
        "withdrawn": data["status"] == "withdrawn",
        "version": event["version"],
    }


def _order_row(event: Message) -> Message:
    data = event["data"]
    return {
        **{name: data[name] for name in ("status", "user_id", "expires_at", "extended", "created_at")},
        **{f"ticket_{name}": value for name, value in data["ticket"].items()},
        "current_payment_id": data.get("current_payment_id"),
        "payment_id": data.get("payment_id"),
        "cancel_reason": data.get("cancel_reason", ""),
        "version": event["version"],
    }


def _payment_row(event: Message) -> Message:
    data = event["data"]
    # The reason of a part that went back is the part's: the payment goes on.
    is_part = event["type"] == "payment.partly_refunded"
    all_of_it = data["amount"] if event["type"] == "payment.refunded" else "0"
    return {
        **{name: data[name] for name in ("order_id", "amount", "currency", "in_browser", "created_at")},
        "refunded": data.get("refunded", all_of_it),
        "buyer": data["user_id"],
        # That the buyer has to act is between payments and the buyer.
        "reason_code": "" if is_part else data.get("reason_code", ""),
        "reason": "" if is_part else data.get("reason", ""),
        "version": event["version"],
    }


def _plain(row: Message) -> Message:
    """Return a row in one spelling: times as JSON and the driver write them, sums by their value."""
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if name in ("price", "amount", "ticket_price", "refunded"):
        return Decimal(value)
    if isinstance(value, str) and name.endswith(("_at", "_before")):
        return value.replace("T", " ").replace("Z", "+00:00")
    return value
