"""The admin of accounts and sessions: read-only lists, with actions that call operations."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from auth_service.accounts import operations
from auth_service.accounts.models import Session, User
from contracts.staff import SUPPORT_ROLES
from marketplace.admin import RequestSearch
from service_defaults.staff_pages import dashboard
from service_defaults.staff_pages.dashboard import Figure, Section, Table, list_url, row_link


class AccountsAdmin(RequestSearch):
    """Searches in lower case, as addresses and ids are stored."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search without regard to case, by the index."""
        return super().get_search_results(request, queryset, search_term.lower())


@admin.register(User)
class UserAdmin(AccountsAdmin):
    """Accounts: find one by address or id, suspend it, reinstate it."""

    list_display = ("email", "status", "is_staff", "role", "created_at", "id")
    list_filter = ("status", "is_staff", "role", "created_at")
    search_fields = ("email__startswith", "=id")
    search_help_text = "The beginning of an e-mail address, or the id of an account or a request"
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


class LiveFilter(admin.SimpleListFilter):
    """Which sessions may still be used."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("live", "Live: neither ended nor expired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> QuerySet[Session]:
        """Return the sessions of the choice."""
        return _live(queryset) if self.value() == "live" else queryset


def _live(sessions: QuerySet[Session]) -> QuerySet[Session]:
    return sessions.filter(ended_at__isnull=True, expires_at__gt=timezone.now())


@admin.register(Session)
class SessionAdmin(AccountsAdmin):
    """Sessions: see where an account is signed in, and end a stolen one."""

    list_display = ("user", "is_live", "created_at", "refreshed_at", "expires_at", "ended_at", "end_reason")
    list_filter = (LiveFilter, "end_reason", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email__startswith", "=user__id", "=id")
    search_help_text = "The beginning of an e-mail address, or of an account's or a session's id"
    ordering = ("-id",)
    exclude = ("refresh_id",)
    action_roles = SUPPORT_ROLES
    actions = ("end",)

    @admin.display(description="live", boolean=True)
    def is_live(self, session: Session) -> bool:
        """Return whether the session may still be used."""
        return session.is_live(timezone.now())

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


@dashboard.section(order=0)
def accounts(request: HttpRequest) -> Section:
    """Return how many accounts there are by their status: one pass over the table."""
    suspended, active = Q(status=User.Status.SUSPENDED), Q(status=User.Status.ACTIVE)
    counts = User.objects.aggregate(
        suspended=Count("id", filter=suspended),
        active=Count("id", filter=active),
        staff=Count("id", filter=Q(is_staff=True)),
    )
    live = _live(Session.objects.all()).count()
    return Section(
        title="Accounts",
        figures=(
            Figure(
                label="Suspended", value=counts["suspended"], url=list_url(User, status__exact="suspended")
            ),
            Figure(label="Active", value=counts["active"], url=list_url(User, status__exact="active")),
            Figure(label="Operators", value=counts["staff"], url=list_url(User, is_staff__exact=1)),
            Figure(label="Live sessions", value=live, url=list_url(Session, state="live")),
        ),
        tables=(
            _table("Suspended accounts", User.objects.filter(suspended), status__exact="suspended"),
            _table("Newest accounts", User.objects.all()),
        ),
    )


def _table(title: str, users: QuerySet[User], **filters: str) -> Table:
    return Table(
        title=title,
        columns=("Account", "Status", "Created", "Id"),
        rows=tuple(
            (row_link(user, user.email), user.status, user.created_at, user.id)
            for user in users.order_by("-id")[: dashboard.SHOWN_ROWS]
        ),
        url=list_url(User, **filters),
    )
