"""The operators' admin: one Django admin site per service at `/admin/<service>/`, one account for all.

- `service_defaults.apps.StaffAdminConfig` in INSTALLED_APPS makes `StaffSite` the default admin site,
  which `@admin.register(Note)` uses; `site` below is the same object.
- Operators sign in with auth: the site accepts the access cookie with its staff claim and opens a short
  session of its own, under a cookie name and path of the service.
- The token has a role. An admin names the roles that may run its actions (`StaffModelAdmin.action_roles`). An
  action may need a sign-in within the last minutes (`require_recent_login`).
- Staff may view everything. Nothing is edited in a form: a change is an admin action that calls an operation,
  which checks the rules and records events. See `StaffModelAdmin`.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import authenticate, get_user_model, login, logout
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from service_defaults import audit, errors, tokens
from service_defaults.authentication import claims_of_cookie, ensure_not_revoked

# Generic for the type checker alone: Django's class can't be subscripted at run time.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

AdminAction = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]

SIGN_IN_PAGE = "/auth/signin"
SIGN_OUT_PAGE = "/auth/signout"

#: How long a sign-in counts as recent, in seconds.
STEP_UP_SECONDS = 10 * 60

_STORED_CLAIMS = ("sub", "sid", "iat", "exp", "role", "signed_in_at")
_SESSION_KEY = "operator_token"


class StaffSite(admin.AdminSite):
    """The default admin site of a service's process."""

    enable_nav_sidebar = False

    @property
    def site_header(self) -> str:  # type: ignore[override]
        """Return the service's name for the pages' header."""
        return f"{settings.SERVICE.capitalize()} operations"

    site_title = site_header

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this is a signed-in operator, and the one who opened the session."""
        claims_of_session = _session_claims(request)
        if claims_of_session is None:
            return False
        claims = claims_of_cookie(request)
        # Since then another user may have signed in on this browser, or the account lost its staff claim.
        if claims is not None and not (claims.is_staff and claims.sub == claims_of_session.sub):
            return False
        return _is_accepted(claims_of_session) and super().has_permission(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Open a session for a staff access cookie; redirect every other visitor to the sign-in page."""
        target = self._next_page(request)
        claims = claims_of_cookie(request)
        if claims is None or not _is_accepted(claims):
            return redirect(f"{SIGN_IN_PAGE}?{urlencode({'next': target})}")
        operator = authenticate(request, claims=claims)
        if operator is None:
            audit.warn("operator.refused", request, user=claims.sub)
            raise PermissionDenied("This account is not an operator's")
        login(request, operator)
        request.session[_SESSION_KEY] = {name: str(getattr(claims, name)) for name in _STORED_CLAIMS}
        audit.log("operator.came_in", request, operator=claims.sub, session=claims.sid)
        return redirect(target)

    def logout(  # type: ignore[override]  # a redirect instead of a page
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """End this session and redirect to the page that ends the account's session."""
        if request.method == "POST":
            logout(request)
        return HttpResponseRedirect(SIGN_OUT_PAGE)

    def get_urls(self) -> list[Any]:
        """Return Django's urls without those that change a password, which only auth can do."""
        omitted = {"password_change", "password_change_done"}
        return [url for url in super().get_urls() if getattr(url, "name", "") not in omitted]

    def _next_page(self, request: HttpRequest) -> str:
        page = request.GET.get("next", "")
        home = resolve_url("admin:index")
        is_ours = page.startswith(home) and url_has_allowed_host_and_scheme(page, allowed_hosts=None)
        return page if is_ours else home


def _session_claims(request: HttpRequest) -> tokens.Claims | None:
    """Return the claims of the token that opened this session; the session may outlive the token."""
    stored = request.session.get(_SESSION_KEY)
    if stored is None:
        return None
    return tokens.Claims(
        sub=UUID(stored["sub"]),
        sid=UUID(stored["sid"]),
        is_staff=True,
        iat=datetime.fromisoformat(stored["iat"]),
        exp=datetime.fromisoformat(stored["exp"]),
        role=stored.get("role", ""),
        signed_in_at=_parse_time(stored.get("signed_in_at", "None")),
    )


def _parse_time(text: str) -> datetime | None:
    return None if text == "None" else datetime.fromisoformat(text)


def require_recent_login(action: AdminAction) -> AdminAction:
    """Decorate an admin action that needs a recent sign-in; without one the operator signs in again first."""

    @wraps(action)
    def guarded(self: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        if _has_recent_login(request):
            return action(self, request, rows)
        minutes = STEP_UP_SECONDS // 60
        messages.warning(request, f"Sign in again: this needs a sign-in in the last {minutes} minutes.")
        return redirect(f"{SIGN_IN_PAGE}?{urlencode({'next': request.get_full_path()})}")

    return guarded


def _has_recent_login(request: HttpRequest) -> bool:
    claims_of_session = _session_claims(request)
    # After another sign-in the cookie's token is newer than the one that opened this session.
    both = (claims_of_session, claims_of_cookie(request))
    return any(is_recent(claims.signed_in_at) for claims in both if claims is not None)


def is_recent(signed_in_at: datetime | None) -> bool:
    """Whether a sign-in counts as recent; a token that doesn't say when it was has none."""
    return signed_in_at is not None and timezone.now() - signed_in_at < timedelta(seconds=STEP_UP_SECONDS)


def _is_accepted(claims: tokens.Claims) -> bool:
    try:
        ensure_not_revoked(claims)
    except (errors.NotSignedIn, errors.PermissionDenied):
        return False
    return True


def _operator_facts(request: HttpRequest) -> dict[str, str]:
    claims = _session_claims(request)
    return {"operator": str(claims.sub), "role": claims.role} if claims else {}


site = admin.site
"""The default admin site: the same object that `@admin.register` uses."""


class StaffBackend(BaseBackend):
    """Authenticates by the claims of a staff access token; grants the view permissions alone."""

    def authenticate(
        self, request: HttpRequest | None, claims: tokens.Claims | None = None, **credentials: Any
    ) -> Any:
        """Return the operator's local account; None for any other user."""
        if claims is None or not claims.is_staff:
            return None
        return self.account_of(claims)

    def account_of(self, claims: tokens.Claims) -> Any:
        """Return a local account for auth's, created at the first sign-in: the history refers to it."""
        accounts: Any = get_user_model().objects
        account, _ = accounts.get_or_create(
            username=str(claims.sub), defaults={"is_staff": True, "password": "!"}
        )
        return account if account.is_active else None

    def get_user(self, user_id: Any) -> Any:
        """Return the account of a session, while it is an active operator's."""
        account = get_user_model().objects.filter(pk=user_id, is_staff=True).first()
        return account if account is not None and account.is_active else None

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        """Whether it is a view permission; other permissions are decided by the ModelAdmin."""
        return bool(user_obj.is_staff) and perm.partition(".")[2].startswith("view_")

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Whether the user is an operator: they may view every app."""
        return bool(user_obj.is_staff)


class StaffModelAdmin(ModelAdmin):
    """A read-only ModelAdmin, with changes by actions that call operations."""

    list_per_page = 50
    # A count over the whole table costs more than the page itself.
    show_full_result_count = False
    #: Values of the token's `role` claim whose operators may run this admin's actions.
    action_roles: Collection[str] = ()

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: only operations add rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: only operations change rows."""
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the operator's role is one of `action_roles`: for an action's `permissions=["act"]`."""
        claims_of_session = _session_claims(request)
        return claims_of_session is not None and claims_of_session.role in self.action_roles

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: operators delete no rows."""
        return False

    def for_each(
        self, request: HttpRequest, rows: QuerySet[Any], operation: Callable[[Any], object], *, done: str
    ) -> None:
        """Call the operation for each selected row, in a transaction of its own, and show the results.

        `done` is the past participle for the message and the row's history, such as "suspended". A
        `DomainError` is shown, and the other rows are still processed.
        """
        count = 0
        for row in rows:
            try:
                with transaction.atomic():
                    operation(row)
                    self.log_change(request, row, done)
                count += 1
                audit.log("operator.acted", request, action=done, on=row.pk, **_operator_facts(request))
            except errors.DomainError as error:
                audit.log("operator.was_refused", request, action=done, on=row.pk, **_operator_facts(request))
                self.message_user(request, f"{row}: {error.message}", messages.ERROR)
        if count:
            self.message_user(request, f"{count} {done}", messages.SUCCESS)
