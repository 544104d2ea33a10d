"""The operators' API: what staff may read there, and the actions that their roles allow.

- A view that derives from `StaffView` answers staff alone: 401 without a sign-in, 403 for everybody else.
- A view that derives from `StaffAction` names the roles of its operators (`action_roles`), and may need a
  sign-in within the last minutes (`needs_recent_login`). Its `post` reads the reason (`read_reason`) and
  calls an operation by `act`, which writes the history and the audit log.
"""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import Model
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from service_defaults import audit, errors
from service_defaults.staff_pages.sessions import STEP_UP_SECONDS, is_recent
from service_defaults.tokens import Claims

MAX_REASON_LENGTH = 150

Result = TypeVar("Result")


class ReasonRequired(errors.BusinessRuleViolation):
    """Give a reason of 1 to 150 characters: it is kept with what you did."""

    field = "reason"


class RecentLoginRequired(errors.PermissionDenied):
    """Sign in again: this needs a sign-in within the last minutes."""


class RoleRequired(errors.PermissionDenied):
    """Your role doesn't allow this."""


class ForStaff(BasePermission):
    """Admits staff; to an action those of its roles. Raises RoleRequired, RecentLoginRequired."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request is that of an operator who may do it."""
        claims = request.auth
        if not isinstance(claims, Claims) or not claims.is_staff:
            return False
        if request.method not in SAFE_METHODS:
            roles = getattr(view, "action_roles", ())
            if claims.role not in roles:
                raise RoleRequired(
                    f"Your role doesn't allow this: it needs the role {' or '.join(sorted(roles))}"
                )
            if getattr(view, "needs_recent_login", False) and not is_recent(claims.signed_in_at):
                raise RecentLoginRequired(
                    f"Sign in again: this needs a sign-in in the last {_MINUTES} minutes"
                )
        return True


class StaffView(APIView):
    """A view of what all staff may see."""

    permission_classes = (ForStaff,)
    tags = ("staff",)


class StaffAction(StaffView):
    """An action of operators with one of these values of the token's `role` claim."""

    action_roles: Collection[str] = ()
    needs_recent_login = False


class _ReasonField(serializers.CharField):
    """Text of one line. A number is refused, not converted."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        # In one line: what stands in a log must not look like another line of it.
        visible = "".join(character if character.isprintable() else " " for character in data)
        return super().to_internal_value(" ".join(visible.split()))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        try:
            text = super().run_validation(data)
        except serializers.ValidationError:
            raise ReasonRequired from None
        if not text:
            raise ReasonRequired
        return text


class ReasonInput(serializers.Serializer[Any]):
    """Why the operator acts. Raises ReasonRequired instead of a validation error."""

    reason = _ReasonField(max_length=MAX_REASON_LENGTH, help_text="Kept with what was done")


def read_reason(request: Request) -> str:
    """Return the reason of a request's body, as one line. Raises ReasonRequired."""
    given = ReasonInput(data=request.data)
    given.is_valid(raise_exception=True)
    reason: str = given.validated_data["reason"]
    return reason


def act(request: Request, *, on: Model, done: str, reason: str, operation: Callable[[], Result]) -> Result:
    """Call the operation in a transaction, with an entry in the row's history; return what it returns.

    `done` is the past participle for history and audit log, such as "suspended"; both have the reason. Raises
    what the operation raises: nothing is changed then, and the audit log says that it was refused.
    """
    claims = _claims(request)
    facts = {"action": done, "on": on.pk, "operator": claims.sub, "role": claims.role, "reason": reason}
    try:
        with transaction.atomic():
            _write_history(_account(request), on, f"{done}: {reason}")
            result = operation()
    except errors.DomainError:
        audit.log("operator.was_refused", request, **facts)
        raise
    audit.log("operator.acted", request, **facts)
    return result


def _claims(request: Request) -> Claims:
    # A permission has looked at them already.
    assert isinstance(request.auth, Claims)
    return request.auth


def _account(request: Request) -> Any:
    """Return the operator's local account, which the history refers to. Raises PermissionDenied."""
    claims = _claims(request)
    account = authenticate(request._request, claims=claims)  # noqa: SLF001  Django's own request
    if account is None:
        audit.warn("operator.refused", request, user=claims.sub)
        raise errors.PermissionDenied("This account is not an operator's")
    return account


def _write_history(account: Any, row: Model, message: str) -> None:
    # Before the operation: afterwards the row may be gone.
    LogEntry.objects.log_actions(
        user_id=account.pk, queryset=[row], action_flag=CHANGE, change_message=message, single_object=True
    )


_MINUTES = STEP_UP_SECONDS // 60
