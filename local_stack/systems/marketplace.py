"""The marketplace: its services, and all that singles it out among the systems that a stack can run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from local_stack.systems.system import Service, SetupCommand, System

if TYPE_CHECKING:
    from local_stack.stack import Stack

#: Who may sign in on a fresh stack, by the name of their password.
USERS = {
    "buyer": "buyer@example.com",
    "seller": "seller@example.com",
    "operator": "operator@example.com",
}
FAKE_STRIPE_KEY, FAKE_STRIPE_PUBLISHABLE_KEY = "sk_test_local", "pk_test_local"


def _every_service(stack: "Stack", credentials: Mapping[str, str], service: Service) -> dict[str, str]:
    keys = {"AUTH_JWKS_FILE": str(stack.run_dir / "keys" / "jwks.json")} if service.stateful else {}
    return {"DJANGO_CLIENT_IP_SIGNING_KEY": credentials["client-ip.key"], **keys}


def _auth(stack: "Stack", credentials: Mapping[str, str]) -> dict[str, str]:
    return {
        "AUTH_SIGNING_KEY_FILE": str(stack.run_dir / "keys" / "signing-key.pem"),
        "AUTH_OPERATOR_EMAIL": USERS["operator"],
        "AUTH_OPERATOR_PASSWORD": credentials["operator.password"],
        "AUTH_MAIL_URL": f"file://{stack.run_dir / 'mail'}",
        "AUTH_RATE_SIGN_UPS": "100000/60",
        "AUTH_RATE_SIGN_INS": "100000/60",
    }


def _orders(stack: "Stack", credentials: Mapping[str, str]) -> dict[str, str]:
    return {"ORDERS_HOLD_SECONDS": str(stack.hold_seconds)}


def _payments(stack: "Stack", credentials: Mapping[str, str]) -> dict[str, str]:
    if not stack.has_fake_stripe:
        return {}
    return {
        "STRIPE_API_KEY": FAKE_STRIPE_KEY,
        "STRIPE_API_BASE": f"http://127.0.0.1:{stack.ports['stripe']}",
        "STRIPE_PUBLISHABLE_KEY": FAKE_STRIPE_PUBLISHABLE_KEY,
        "STRIPE_WEBHOOK_SECRET": credentials["stripe.webhook"],
    }


def _frontend(stack: "Stack", credentials: Mapping[str, str]) -> dict[str, str]:
    keys = {"STRIPE_PUBLISHABLE_KEY": FAKE_STRIPE_PUBLISHABLE_KEY} if stack.has_fake_stripe else {}
    return {
        "FRONTEND_API_BASE": f"http://127.0.0.1:{stack.ports['gateway']}",
        "DEV_MAILBOX": str(stack.run_dir / "mail"),
        **keys,
    }


MARKETPLACE = System(
    name="marketplace",
    location="local_stack.systems.marketplace:MARKETPLACE",
    services=(
        Service(
            "auth",
            "auth_service",
            publishes=("user",),
            environment=_auth,
            setup_commands=(
                SetupCommand(name="keys", arguments=("create_keys", "--directory", "{run_dir}/keys")),
                SetupCommand(
                    name="operator",
                    arguments=("create_operator", "--email", USERS["operator"], "--role", "money"),
                    after=("auth.migrate", "auth.keys"),
                ),
            ),
        ),
        Service("tickets", "tickets_service", publishes=("ticket",), follows=("order", "user")),
        Service(
            "orders",
            "orders_service",
            publishes=("order",),
            follows=("payment", "ticket", "user"),
            environment=_orders,
        ),
        Service(
            "payments",
            "payments_service",
            publishes=("payment",),
            follows=("order", "user"),
            environment=_payments,
        ),
        Service("frontend", "frontend_service", stateful=False, environment=_frontend),
    ),
    caddyfile="docker/Caddyfile",
    folders=("contracts", "marketplace"),
    demo="tests.load.demo",
    load="tests.load.restart",
    seed="tests.load.seed",
    seed_after=("gateway", "auth.web", "tickets.web", "auth.operator"),
    users=USERS,
    credentials=("stripe.webhook", "client-ip.key", "grafana.password"),
    ports=("stripe",),
    environment=_every_service,
)
