"""Who may do what: every route and method of every service, and what each kind of visitor is answered.

`owner` is whom the thing belongs to (on routes without one: a signed-in user), `other` another user, `staff`
an operator without a role, `suspended` an owner whose account was suspended and whose token is still in time.
`support` and `money` are operators with that role, who have just signed in: where they aren't named, they
are answered as an operator without one. A body is the least that is valid; where somebody is refused by 400
it is by a rule of the domain, past all access checks.
"""

from typing import NamedTuple


class Answers(NamedTuple):
    """The statuses for each role."""

    anonymous: int
    owner: int
    other: int
    staff: int
    suspended: int
    support: int | None = None
    money: int | None = None

    def of(self, role: str) -> int:
        """Return the status for a role."""
        status: int | None = getattr(self, role)
        return self.staff if status is None else status


def _for_every_role(status: int) -> Answers:
    return Answers(status, status, status, status, status)


_OPEN = _for_every_role(200)
_OPEN_TO_READERS = Answers(anonymous=200, owner=200, other=200, staff=200, suspended=403)
_SIGNED_IN = Answers(anonymous=401, owner=200, other=200, staff=200, suspended=403)
# Operators have no rights to others' objects here: they act below `/staff/`, and through the admin.
_OWNERS = Answers(anonymous=401, owner=200, other=403, staff=403, suspended=403)
_ADMIN = Answers(anonymous=302, owner=302, other=302, staff=200, suspended=302)
# The operators' API: all staff read, and a role acts.
_STAFF = Answers(anonymous=401, owner=403, other=403, staff=200, suspended=403)
_SUPPORT = _STAFF._replace(staff=403, support=200, money=200)
_MONEY = _STAFF._replace(staff=403, money=200)

Route = tuple[str, str]


def _events(api: str) -> dict[Route, Answers]:
    """Return the rows of what staff see and do of the events of the service with this prefix."""
    return {
        ("GET", f"{api}/staff/events"): _STAFF,
        # The least that is valid names what the events are about.
        ("GET", f"{api}/staff/events/log"): _STAFF._replace(staff=400),
        ("GET", f"{api}/staff/events/parked"): _STAFF,
        ("GET", f"{api}/staff/events/parked/{{parked_id}}"): _STAFF,
        ("POST", f"{api}/staff/events/parked/{{parked_id}}/redrive"): _SUPPORT._replace(
            support=202, money=202
        ),
        ("POST", f"{api}/staff/events/parked/{{parked_id}}/discard"): _SUPPORT,
        ("GET", f"{api}/staff/events/streams/{{stream}}"): _STAFF,
        ("POST", f"{api}/staff/events/streams/{{stream}}/resume"): _SUPPORT,
    }


TABLE: dict[str, dict[Route, Answers]] = {
    "auth": {
        ("POST", "/api/users/signup"): _for_every_role(201),
        ("POST", "/api/users/signin"): Answers(400, 200, 200, 200, 403),
        ("POST", "/api/users/token"): Answers(400, 200, 200, 200, 403),
        ("POST", "/api/users/refresh"): Answers(401, 200, 200, 200, 403),
        ("POST", "/api/users/signout"): _OPEN,
        ("GET", "/api/users/currentuser"): _OPEN_TO_READERS,
        ("GET", "/api/users/sessions"): _SIGNED_IN,
        ("DELETE", "/api/users/sessions"): Answers(401, 204, 204, 204, 403),
        # Others' sessions are not found rather than forbidden: no user may learn their ids.
        ("DELETE", "/api/users/sessions/{session_id}"): Answers(401, 204, 404, 404, 403),
        ("POST", "/api/users/password"): _SIGNED_IN,
        ("POST", "/api/users/password/forgot"): _for_every_role(202),
        # The link alone identifies the account; a suspended account stays suspended with a new password.
        ("POST", "/api/users/password/reset"): Answers(400, 200, 200, 200, 200),
        ("POST", "/api/users/email/verification"): Answers(401, 202, 202, 202, 403),
        ("POST", "/api/users/email/verify"): Answers(400, 200, 200, 200, 200),
        ("GET", "/api/users/jwks.json"): _OPEN,
        ("GET", "/api/users/openapi.json"): _OPEN,
        ("GET", "/api/users/staff/search"): _STAFF._replace(staff=400),
        ("GET", "/api/users/staff/today"): _STAFF,
        ("GET", "/api/users/staff/users/{user_id}"): _STAFF,
        ("POST", "/api/users/staff/users/{user_id}/suspend"): _SUPPORT,
        # The account isn't suspended.
        ("POST", "/api/users/staff/users/{user_id}/reinstate"): _SUPPORT._replace(support=400, money=400),
        **_events("/api/users"),
        ("GET", "/admin/"): _ADMIN,
        ("GET", "/health/live"): _OPEN,
        ("GET", "/health/ready"): _OPEN,
    },
    "tickets": {
        ("GET", "/api/tickets"): _OPEN_TO_READERS,
        ("POST", "/api/tickets"): Answers(401, 201, 201, 201, 403),
        ("GET", "/api/tickets/{ticket_id}"): _OPEN_TO_READERS,
        ("PUT", "/api/tickets/{ticket_id}"): _OWNERS,
        ("PATCH", "/api/tickets/{ticket_id}"): _OWNERS,
        ("DELETE", "/api/tickets/{ticket_id}"): _OWNERS._replace(owner=204),
        ("GET", "/api/tickets/summary"): _SIGNED_IN,
        ("GET", "/api/tickets/terms"): _OPEN_TO_READERS,
        ("GET", "/api/tickets/openapi.json"): _OPEN,
        ("GET", "/api/tickets/staff/search"): _STAFF._replace(staff=400),
        ("GET", "/api/tickets/staff/today"): _STAFF,
        ("GET", "/api/tickets/staff/tickets/{ticket_id}"): _STAFF,
        ("POST", "/api/tickets/staff/tickets/{ticket_id}/withdraw"): _SUPPORT,
        **_events("/api/tickets"),
        ("GET", "/admin/"): _ADMIN,
        ("GET", "/health/live"): _OPEN,
        ("GET", "/health/ready"): _OPEN,
    },
    "orders": {
        ("GET", "/api/orders"): _SIGNED_IN,
        # Who sells the ticket can't buy it.
        ("POST", "/api/orders"): Answers(401, 400, 201, 201, 403),
        ("GET", "/api/orders/{order_id}"): _OWNERS,
        ("DELETE", "/api/orders/{order_id}"): _OWNERS._replace(owner=204),
        ("POST", "/api/orders/{order_id}/extend"): _OWNERS,
        ("GET", "/api/orders/terms"): _OPEN_TO_READERS,
        ("GET", "/api/orders/openapi.json"): _OPEN,
        ("GET", "/api/orders/staff/search"): _STAFF._replace(staff=400),
        ("GET", "/api/orders/staff/today"): _STAFF,
        ("GET", "/api/orders/staff/orders"): _STAFF,
        ("GET", "/api/orders/staff/orders/{order_id}"): _STAFF,
        ("POST", "/api/orders/staff/orders/{order_id}/release"): _SUPPORT,
        **_events("/api/orders"),
        ("GET", "/admin/"): _ADMIN,
        ("GET", "/health/live"): _OPEN,
        ("GET", "/health/ready"): _OPEN,
    },
    "payments": {
        ("GET", "/api/payments"): _SIGNED_IN,
        # The order has expired, so that Stripe isn't called.
        ("POST", "/api/payments"): _OWNERS._replace(owner=400),
        ("POST", "/api/payments/intents"): _OWNERS._replace(owner=400),
        ("GET", "/api/payments/{payment_id}"): _OWNERS,
        # Only Stripe can sign these requests.
        ("POST", "/api/payments/webhook"): _for_every_role(400),
        ("GET", "/api/payments/openapi.json"): _OPEN,
        ("GET", "/api/payments/staff/search"): _STAFF._replace(staff=400),
        ("GET", "/api/payments/staff/today"): _STAFF,
        ("GET", "/api/payments/staff/payments"): _STAFF,
        ("GET", "/api/payments/staff/payments/{payment_id}"): _STAFF,
        # The attempt has no intent yet: there is nothing to refund, or to settle.
        ("POST", "/api/payments/staff/payments/{payment_id}/refund"): _MONEY._replace(money=400),
        ("POST", "/api/payments/staff/payments/{payment_id}/settle"): _MONEY._replace(money=400),
        **_events("/api/payments"),
        ("GET", "/admin/"): _ADMIN,
        ("GET", "/health/live"): _OPEN,
        ("GET", "/health/ready"): _OPEN,
    },
}
