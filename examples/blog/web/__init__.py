"""What the blog's services with an API have alike, beside the defaults of all services."""

from service_defaults import settings as defaults

MIDDLEWARE = [
    "service_defaults.middleware.request_id",
    "service_defaults.middleware.access_log",
    "service_defaults.middleware.body_limit",
    "django.middleware.security.SecurityMiddleware",
    "shared_events.middleware.Correlation",
]
# Anybody may write: the blog has no accounts.
REST_FRAMEWORK = {
    **defaults.REST_FRAMEWORK,
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["service_defaults.parsers.JSONParser", "rest_framework.parsers.FormParser"],
}
