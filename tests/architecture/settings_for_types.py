"""All services' settings in one module, for the type checker alone: no process runs with it."""

import importlib
import os
from pathlib import Path

ROOT = Path(__file__).parents[2]

_EXAMPLE = {
    "DJANGO_SECRET_KEY": "only for types" * 4,
    "DJANGO_CLIENT_IP_SIGNING_KEY": "only for types" * 4,
    "DJANGO_PUBLIC_ORIGIN": "http://localhost:8080",
    "BROKER_URL": "filesystem:///nowhere",
    "AUTH_SIGNING_KEY_FILE": "/nowhere",
    "AUTH_JWKS_FILE": "/nowhere",
    "FRONTEND_API_BASE": "http://localhost:8080",
    "STRIPE_API_KEY": "sk_test_nothing",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_nothing",
    "STRIPE_WEBHOOK_SECRET": "whsec_nothing",
}
# Where two say something of the same name, the later one counts.
_PROJECTS = (
    *(f"examples.blog.{name}_service" for name in ("posts", "comments", "moderation", "query")),
    *sorted(path.name for path in ROOT.glob("*_service") if path.name != "auth_service"),
    "auth_service",
)

for _name, _value in _EXAMPLE.items():
    os.environ.setdefault(_name, _value)
for _project in _PROJECTS:
    _service = _project.rpartition(".")[2].removesuffix("_service")
    os.environ.setdefault(f"{_service.upper()}_DATABASE_URL", "postgres://unused@localhost/nothing")

_modules = [importlib.import_module(f"{_project}.config.settings") for _project in _PROJECTS]
for _module in _modules:
    globals().update({name: value for name, value in vars(_module).items() if name.isupper()})

INSTALLED_APPS = list(dict.fromkeys(app for _module in _modules for app in _module.INSTALLED_APPS))
