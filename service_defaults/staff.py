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
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.auth import authenticate, get_user_model, login, logout
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, Q, QuerySet, UUIDField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme

from service_defaults import audit, errors, tokens
from service_defaults.authentication import claims_of_cookie, ensure_not_revoked
from service_defaults.staff_pages import dashboard, pending_actions
from service_defaults.staff_pages.ids import id_range
from service_defaults.staff_pages.pending_actions import require_recent_login, sign_in_url
from service_defaults.staff_pages.sessions import (
    claims_of_session,
    operator_facts,
    operator_name,
    store_claims,
)

__all__ = ["StaffBackend", "StaffModelAdmin", "StaffSite", "require_recent_login", "site"]

# Generic for the type checker alone: Django's class can't be subscripted at run time.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

SIGN_OUT_PAGE = "/auth/signout"


class StaffSite(admin.AdminSite):
    """The default admin site of a service's process."""

    enable_nav_sidebar = False

    @property
    def site_header(self) -> str:  # type: ignore[override]
        """Return the service's name for the pages' header, by settings.STAFF_SITES where it is there."""
        sites: dict[str, str] = getattr(settings, "STAFF_SITES", {})
        return f"{sites.get(settings.SERVICE, settings.SERVICE.capitalize())} operations"

    site_title = site_header

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register an admin, unless it is one of Django's own accounts and groups: staff are auth's."""
        given = model_or_iterable
        models: list[type[Model]] = [given] if isinstance(given, type) else list(given)
        ours = [model for model in models if model._meta.app_label != "auth"]  # noqa: SLF001  Django documents it
        super().register(ours, admin_class, **options)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add what the header shows: the shop's name, and what the operator is called."""
        brand = getattr(settings, "STAFF_BRAND", "")
        name = operator_name(request) if request.user.is_authenticated else ""
        return {**super().each_context(request), "brand": brand, "operator_name": name}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the groups of tables: the service's own apps first, then those of the libraries."""
        labels = [config.label for config in apps.get_app_configs()]
        groups = super().get_app_list(request, app_label)
        return sorted(groups, key=lambda group: -labels.index(group["app_label"]))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the start page: the registered sections, and below them the tables."""
        sections = {"sections": dashboard.read(request), "title": self.site_header}
        return super().index(request, {**sections, **(extra_context or {})})

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this is a signed-in operator, and the one who opened the session."""
        opened_by = claims_of_session(request)
        if opened_by is None:
            return False
        claims = claims_of_cookie(request)
        # Since then another user may have signed in on this browser, or the account lost its staff claim.
        if claims is not None and not (claims.is_staff and claims.sub == opened_by.sub):
            return False
        return _is_accepted(opened_by) and super().has_permission(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Open a session for a staff access cookie; redirect every other visitor to the sign-in page."""
        target = self._next_page(request)
        claims = claims_of_cookie(request)
        if claims is None or not _is_accepted(claims):
            return redirect(sign_in_url(target))
        operator = authenticate(request, claims=claims)
        if operator is None:
            audit.warn("operator.refused", request, user=claims.sub)
            raise PermissionDenied("This account is not an operator's")
        login(request, operator)
        store_claims(request, claims)
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
        target = request.GET.get("next", "")
        home = resolve_url("admin:index")
        is_ours = target.startswith(home) and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
        return target if is_ours else home


def _is_accepted(claims: tokens.Claims) -> bool:
    try:
        ensure_not_revoked(claims)
    except (errors.NotSignedIn, errors.PermissionDenied):
        return False
    return True


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

    def get_urls(self) -> list[Any]:
        """Add the page that confirms an action after a sign-in: see `require_recent_login`."""
        view = self.admin_site.admin_view(self.confirm_view)
        return [path("confirm/", view, name=pending_actions.confirm_name(self.model)), *super().get_urls()]

    def confirm_view(self, request: HttpRequest) -> HttpResponse:
        """Show the action that waits for its operator's sign-in, and run it once it is confirmed."""
        return pending_actions.confirm(self, request)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return the row's fields with its id first, which Django leaves out where it can't be edited."""
        key = self.opts.pk.name
        others = [name for name in super().get_fields(request, obj) if name != key]
        return self.fields or [key, *others]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Add the row's id."""
        return [*super().get_readonly_fields(request, obj), self.opts.pk.name]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search an id, or 8 or more digits of its beginning, by the indexes of the id fields alone.

        The id fields are the UUIDs among `search_fields` that are written with `=`.
        """
        ids, names = id_range(search_term), self._id_fields()
        if ids is None or not names:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(Q.create([(f"{name}__range", ids) for name in names], Q.OR)), False

    def _id_fields(self) -> list[str]:
        names = [str(name)[1:] for name in self.search_fields if str(name).startswith("=")]
        return [name for name in names if isinstance(get_fields_from_path(self.model, name)[-1], UUIDField)]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: only operations add rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: only operations change rows."""
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the operator's role is one of `action_roles`: for an action's `permissions=["act"]`."""
        opened_by = claims_of_session(request)
        return opened_by is not None and opened_by.role in self.action_roles

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
                audit.log("operator.acted", request, action=done, on=row.pk, **operator_facts(request))
            except errors.DomainError as error:
                audit.log("operator.was_refused", request, action=done, on=row.pk, **operator_facts(request))
                self.message_user(request, f"{row}: {error.message}", messages.ERROR)
        if count:
            self.message_user(request, f"{count} {done}", messages.SUCCESS)
