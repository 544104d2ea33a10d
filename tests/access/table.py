"""Who may do what: every route and method of every service, and what each kind of visitor is answered.

`owner` is whom the thing belongs to (on routes without one: a signed-in user), `other` another user, `staff`
an operator, `suspended` an owner whose account was suspended and whose token is still in time. A body is the
least that is valid; where the owner is refused (400) it is by a rule of the domain, past all access checks.
"""

from typing import NamedTuple


class Answers(NamedTuple):
    """The statuses for each role."""

    anonymous: int
    owner: int
    other: int
    staff: int
    suspended: int


def _for_every_role(status: int) -> Answers:
    return Answers(status, status, status, status, status)


_OPEN = _for_every_role(200)
_OPEN_TO_READERS = Answers(anonymous=200, owner=200, other=200, staff=200, suspended=403)
_SIGNED_IN = Answers(anonymous=401, owner=200, other=200, staff=200, suspended=403)
# Operators have no rights to others' objects by the API: they act through the admin.
_OWNERS = Answers(anonymous=401, owner=200, other=403, staff=403, suspended=403)
_ADMIN = Answers(anonymous=302, owner=302, other=302, staff=200, suspended=302)

Route = tuple[str, str]

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
        ("GET", "/admin/"): _ADMIN,
        ("GET", "/health/live"): _OPEN,
        ("GET", "/health/ready"): _OPEN,
    },
}
