"""The operators' admin: one site per service at `/admin/<service>/`, one account for all of them.

How it is put together, with nothing but Django's own means:

- `service_defaults.apps.StaffAdminConfig` in INSTALLED_APPS makes `StaffSite` the process's own site,
  so a plain `@admin.register(Note)` finds it, and `site` below is that same object.
- Signing in is auth's business: the site accepts the access cookie with its staff claim and opens a short
  session of its own, under a cookie name and path of the service.
- The token carries a role. An admin names the roles that may run its actions: see `StaffModelAdmin.action_roles`.
  An action may need a sign-in of the last minutes: see `require_recent_login`.
- Staff may view everything. Nothing is edited in a form: a change is an admin action that calls an operation,
  so it keeps the rules and records its events. See `StaffModelAdmin`.
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

_KEPT = ("sub", "sid", "iat", "exp", "role", "signed_in_at")
_TOKEN = "operator_token"  # noqa: S105  where the session keeps what the token said


class StaffSite(admin.AdminSite):
    """The default admin site of a service's process."""

    enable_nav_sidebar = False

    @property
    def site_header(self) -> str:  # type: ignore[override]
        """Which service one is looking at."""
        return f"{settings.SERVICE.capitalize()} operations"

    site_title = site_header

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this is a signed-in operator, and still the one who opened the session."""
        opened_with = _opened_with(request)
        if opened_with is None:
            return False
        claims = claims_of_cookie(request)
        # Since then somebody else may have signed in on this browser, or the account lost its staff claim.
        if claims is not None and not (claims.is_staff and claims.sub == opened_with.sub):
            return False
        return _counts(opened_with) and super().has_permission(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Open a session for a staff access cookie; send everybody else to the sign-in page."""
        target = self._wanted_page(request)
        claims = claims_of_cookie(request)
        if claims is None or not _counts(claims):
            return redirect(f"{SIGN_IN_PAGE}?{urlencode({'next': target})}")
        operator = authenticate(request, claims=claims)
        if operator is None:
            audit.warn("operator.refused", request, user=claims.sub)
            raise PermissionDenied("This account is not an operator's")
        login(request, operator)
        request.session[_TOKEN] = {name: str(getattr(claims, name)) for name in _KEPT}
        audit.log("operator.came_in", request, operator=claims.sub, session=claims.sid)
        return redirect(target)

    def logout(  # type: ignore[override]  # a redirect instead of a page
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """End this session and go on to the page that ends the account's own."""
        if request.method == "POST":
            logout(request)
        return HttpResponseRedirect(SIGN_OUT_PAGE)

    def get_urls(self) -> list[Any]:
        """Django's pages without the one that changes a password: accounts are auth's business."""
        gone = {"password_change", "password_change_done"}
        return [url for url in super().get_urls() if getattr(url, "name", "") not in gone]

    def _wanted_page(self, request: HttpRequest) -> str:
        wanted = request.GET.get("next", "")
        home = resolve_url("admin:index")
        here = wanted.startswith(home) and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
        return wanted if here else home


def _opened_with(request: HttpRequest) -> tokens.Claims | None:
    """What the token said with which this session was opened; the session outlives it."""
    said = request.session.get(_TOKEN)
    if said is None:
        return None
    return tokens.Claims(
        sub=UUID(said["sub"]),
        sid=UUID(said["sid"]),
        is_staff=True,
        iat=datetime.fromisoformat(said["iat"]),
        exp=datetime.fromisoformat(said["exp"]),
        role=said.get("role", ""),
        signed_in_at=_moment(said.get("signed_in_at", "None")),
    )


def _moment(text: str) -> datetime | None:
    return None if text == "None" else datetime.fromisoformat(text)


def require_recent_login(action: AdminAction) -> AdminAction:
    """Decorate an admin action that needs a recent sign-in; without one the operator signs in again first."""

    @wraps(action)
    def guarded(self: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        if _signed_in_lately(request):
            return action(self, request, rows)
        minutes = STEP_UP_SECONDS // 60
        messages.warning(request, f"Sign in again: this needs a sign-in in the last {minutes} minutes.")
        return redirect(f"{SIGN_IN_PAGE}?{urlencode({'next': request.get_full_path()})}")

    return guarded


def _signed_in_lately(request: HttpRequest) -> bool:
    opened_with = _opened_with(request)
    # Who signed in again has a newer token than the one this session was opened with.
    both = (opened_with, claims_of_cookie(request))
    times = [claims.signed_in_at for claims in both if claims is not None and claims.signed_in_at is not None]
    return bool(times) and timezone.now() - max(times) < timedelta(seconds=STEP_UP_SECONDS)


def _counts(claims: tokens.Claims) -> bool:
    try:
        ensure_not_revoked(claims)
    except (errors.NotSignedIn, errors.PermissionDenied):
        return False
    return True


def _who(request: HttpRequest) -> dict[str, str]:
    opened_with = _opened_with(request)
    return {"operator": str(opened_with.sub), "role": opened_with.role} if opened_with else {}


site = admin.site
"""The process's operator site: the same object that `@admin.register` uses."""


class StaffBackend(BaseBackend):
    """Accepts the claims of a staff access token; grants viewing, and nothing else."""

    def authenticate(
        self, request: HttpRequest | None, claims: tokens.Claims | None = None, **credentials: Any
    ) -> Any:
        """The operator's local account; None for anybody else."""
        if claims is None or not claims.is_staff:
            return None
        return self.account_of(claims)

    def account_of(self, claims: tokens.Claims) -> Any:
        """The local stand-in for auth's account, made when it first comes: the admin's history needs it."""
        accounts: Any = get_user_model().objects
        account, _ = accounts.get_or_create(
            username=str(claims.sub), defaults={"is_staff": True, "password": "!"}
        )
        return account if account.is_active else None

    def get_user(self, user_id: Any) -> Any:
        """The account of a session, while it is an active operator's."""
        account = get_user_model().objects.filter(pk=user_id, is_staff=True).first()
        return account if account is not None and account.is_active else None

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        """Operators view; whatever else a page offers, its ModelAdmin allows by itself."""
        return bool(user_obj.is_staff) and perm.partition(".")[2].startswith("view_")

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Every app is open to an operator's eyes."""
        return bool(user_obj.is_staff)


class StaffModelAdmin(ModelAdmin):
    """A list an operator can work from: everything read-only, changes by actions that call operations."""

    list_per_page = 50
    # A count over the whole table costs more than the page itself.
    show_full_result_count = False
    #: Values of the token's `role` claim whose operators may run this admin's actions.
    action_roles: Collection[str] = ()

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows come from operations alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """State changes by operations alone."""
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the operator's role is one of `action_roles`: for an action's `permissions=["act"]`."""
        opened_with = _opened_with(request)
        return opened_with is not None and opened_with.role in self.action_roles

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is deleted by hand."""
        return False

    def for_each(
        self, request: HttpRequest, rows: QuerySet[Any], operation: Callable[[Any], object], *, done: str
    ) -> None:
        """Call the operation for each selected row, in a transaction of its own, and tell what came of it.

        `done` is the past participle for the message and the row's history, such as "suspended". A refusal
        (`DomainError`) is shown and the other rows go on.
        """
        count = 0
        for row in rows:
            try:
                with transaction.atomic():
                    operation(row)
                    self.log_change(request, row, done)
                count += 1
                audit.log("operator.acted", request, action=done, on=row.pk, **_who(request))
            except errors.DomainError as refusal:
                audit.log("operator.was_refused", request, action=done, on=row.pk, **_who(request))
                self.message_user(request, f"{row}: {refusal.message}", messages.ERROR)
        if count:
            self.message_user(request, f"{count} {done}", messages.SUCCESS)
