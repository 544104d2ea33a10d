"""The admin of accounts and sessions: read-only lists, with actions that call operations."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from auth_service.accounts import operations
from auth_service.accounts.models import Session, User
from contracts.staff import SUPPORT_ROLES
from service_defaults.staff import StaffModelAdmin


class AccountsAdmin(StaffModelAdmin):
    """Searches in lower case, as addresses and ids are stored."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search without regard to case, by the index."""
        return super().get_search_results(request, queryset, search_term.lower())


@admin.register(User)
class UserAdmin(AccountsAdmin):
    """Accounts: find one by address or id, suspend it, reinstate it."""

    list_display = ("email", "id", "status", "is_staff", "role", "created_at")
    list_filter = ("status", "is_staff", "role", "created_at")
    search_fields = ("email__startswith", "id__startswith")
    search_help_text = "The beginning of an e-mail address or an id"
    ordering = ("-id",)
    fields = ("email", "id", "status", "is_staff", "role", "version", "created_at", "sessions")
    readonly_fields = ("sessions",)
    action_roles = SUPPORT_ROLES
    actions = ("suspend", "reinstate")

    @admin.display
    def sessions(self, user: User) -> str:
        """Return a link to the account's sessions."""
        return format_html(
            '<a href="{}?q={}">Sessions</a>', reverse("admin:accounts_session_changelist"), user.pk
        )

    @admin.action(description="Suspend: end the sessions, refuse sign-in", permissions=["act"])
    def suspend(self, request: HttpRequest, rows: QuerySet[User]) -> None:
        """Suspend the selected accounts."""
        now, operator = timezone.now(), request.user
        assert isinstance(operator, User)  # the site admits no one else
        self.for_each(
            request,
            rows,
            lambda user: operations.suspend_user(user_id=user.pk, operator_id=operator.pk, now=now),
            done="suspended",
        )

    @admin.action(description="Reinstate", permissions=["act"])
    def reinstate(self, request: HttpRequest, rows: QuerySet[User]) -> None:
        """Reinstate the selected accounts."""
        self.for_each(
            request, rows, lambda user: operations.reinstate_user(user_id=user.pk), done="reinstated"
        )


@admin.register(Session)
class SessionAdmin(AccountsAdmin):
    """Sessions: see where an account is signed in, and end a stolen one."""

    list_display = ("user", "created_at", "refreshed_at", "expires_at", "ended_at", "end_reason")
    list_filter = ("end_reason", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email__startswith", "user__id__startswith", "id__startswith")
    search_help_text = "The beginning of an e-mail address, or of an account's or a session's id"
    ordering = ("-id",)
    exclude = ("refresh_id",)
    action_roles = SUPPORT_ROLES
    actions = ("end",)

    @admin.action(description="End the sessions", permissions=["act"])
    def end(self, request: HttpRequest, rows: QuerySet[Session]) -> None:
        """End the selected sessions."""
        now = timezone.now()
        self.for_each(
            request,
            rows,
            lambda session: operations.end_session(
                session_id=session.pk, reason=Session.End.OPERATOR, now=now
            ),
            done="ended",
        )
