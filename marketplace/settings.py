"""The settings that the marketplace's services with a database have alike.

A service adds them to its own by `globals().update(service_settings(…))`, names its database, and then
overrides or adds what only it has.
"""

from typing import Any

from service_defaults import cookies, env
from service_defaults import settings as defaults
from shared_events.settings import EventSettings

#: What each service has beside its own apps.
_APPS = [*defaults.INSTALLED_APPS, "service_defaults.rate_limits", "shared_events", "marketplace"]

#: The services' admins by what operators call them, as in the shop's footer.
_STAFF_SITES = {"auth": "Accounts", "tickets": "Listings", "orders": "Orders", "payments": "Payments"}

_ACCOUNT = "/admin/auth/accounts/user/{}/change/"
_TICKET = "/admin/tickets/tickets/ticket/{}/change/"
_ORDER = "/admin/orders/orders/order/{}/change/"
_PAYMENT = "/admin/payments/payments/payment/{}/change/"
#: The page of the row that an id in a field, or column, of this name belongs to.
_STAFF_LINKS = {
    **dict.fromkeys(("user_id", "buyer", "seller", "seller_id", "discarded_by", "settled_by"), _ACCOUNT),
    **dict.fromkeys(("ticket", "ticket_id"), _TICKET),
    **dict.fromkeys(("order", "order_id"), _ORDER),
    **dict.fromkeys(("payment", "payment_id", "current_payment_id"), _PAYMENT),
}


def service_settings(
    service: str, *, publishes: str = "", apps: list[str], title: str, description: str
) -> dict[str, Any]:
    """Return the settings by name of the service whose package is `<service>_service`.

    `publishes` is its stream, if it has one. `apps` are those that it installs beside the ones of every
    service, in this order: of one event's handlers, those of an earlier app run first. Title and description
    are its API's. Raises ImproperlyConfigured for a variable that is missing or can't be used.
    """
    package, origin = f"{service}_service", defaults.public_origin()
    return {
        "SERVICE": service,
        "ROOT_URLCONF": f"{package}.config.urls",
        "WSGI_APPLICATION": f"{package}.config.wsgi.application",
        "INSTALLED_APPS": [*_APPS, *apps],
        "LOGGING": defaults.logging(service, filters=("shared_events.context.CorrelationFilter",)),
        "STATIC_URL": f"/static/{service}/",
        "EVENTS": _events(service, publishes, origin),
        "SPECTACULAR_SETTINGS": {
            **defaults.spectacular(title=title, description=description),
            "ENUM_NAME_OVERRIDES": {"ParkedEventState": "marketplace.staff.serializers.PARKED_EVENT_STATES"},
        },
        **_process(),
        **_web(origin),
        **_api(),
        **_admin(service, origin),
    }


def _events(service: str, publishes: str, origin: str) -> EventSettings:
    return EventSettings(
        service=service,
        publishes=(publishes,) if publishes else (),
        contracts=("contracts",),
        broker_url=defaults.broker_url(),
        metrics_bind=env.text("METRICS_BIND"),
        failpoints=defaults.failpoints(origin),
    )


def _process() -> dict[str, Any]:
    return {
        "DEBUG": defaults.debug(),
        "SECRET_KEY": defaults.secret_key(),
        "MIDDLEWARE": [*defaults.MIDDLEWARE, "shared_events.middleware.Correlation"],
        "TEMPLATES": defaults.TEMPLATES,
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "LANGUAGE_CODE": "en-us",
        "USE_I18N": False,
        "USE_TZ": True,
        "FORMAT_MODULE_PATH": defaults.FORMATS,
        "TIME_ZONE": "UTC",
    }


def _web(origin: str) -> dict[str, Any]:
    return {
        "PUBLIC_ORIGIN": origin,
        "ALLOWED_HOSTS": defaults.allowed_hosts(origin),
        "CLIENT_IP_SIGNING_KEY": defaults.client_ip_signing_key(),
        "APPEND_SLASH": False,
        "DATA_UPLOAD_MAX_MEMORY_SIZE": defaults.MAX_BODY_BYTES,
        "SECURE_PROXY_SSL_HEADER": defaults.proxy_ssl_header(origin),
        "SECURE_HSTS_SECONDS": defaults.hsts_seconds(origin),
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": defaults.is_https(origin),
        "SECURE_HSTS_PRELOAD": defaults.is_https(origin),
        "SILENCED_SYSTEM_CHECKS": defaults.SILENCED_SYSTEM_CHECKS,
        "X_FRAME_OPTIONS": "DENY",
        "WHITENOISE_USE_FINDERS": True,
    }


def _api() -> dict[str, Any]:
    return {
        "REST_FRAMEWORK": defaults.REST_FRAMEWORK,
        "RATES": defaults.rates(),
        "AUTH_JWKS_FILE": defaults.jwks_file(),
        "TOKEN_REVOCATION_CHECK": defaults.TOKEN_REVOCATION_CHECK,
    }


def _admin(service: str, origin: str) -> dict[str, Any]:
    return {
        "STAFF_BRAND": "Secondrow",
        "STAFF_CONSOLE": "/console/",
        "STAFF_SITES": _STAFF_SITES,
        "STAFF_LINKS": _STAFF_LINKS,
        "AUTHENTICATION_BACKENDS": defaults.STAFF_BACKENDS,
        "SESSION_COOKIE_NAME": cookies.for_a_path(f"{service}_session", origin),
        "SESSION_COOKIE_PATH": f"/admin/{service}/",
        "SESSION_COOKIE_AGE": defaults.STAFF_SESSION_SECONDS,
        "SESSION_COOKIE_SECURE": defaults.is_https(origin),
        "CSRF_COOKIE_NAME": cookies.for_a_path(f"{service}_csrf", origin),
        "CSRF_COOKIE_PATH": f"/admin/{service}/",
        "CSRF_COOKIE_SECURE": defaults.is_https(origin),
        "CSRF_TRUSTED_ORIGINS": [origin],
    }
