"""Actions that wait while their operator signs in again: what was selected and typed isn't lost.

`require_recent_login` stores the action, the selected rows and the fields of the action's form in the
operator's session, and redirects to the sign-in page. That leads back to `<list>/confirm/`, which shows them,
and runs the action once it is confirmed.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from service_defaults.staff_pages.sessions import STEP_UP_SECONDS, has_recent_login

AdminAction = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]

SIGN_IN_PAGE = "/auth/signin"
_KEY = "pending_action"
#: The fields of an action's form that Django adds by itself.
_DJANGOS_FIELDS = frozenset({"action", "select_across"})


@dataclass(frozen=True, kw_only=True)
class PendingAction:
    """An action by name, the list that it was chosen on, the rows' ids, and what was typed by field."""

    page: str
    action: str
    rows: list[str]
    typed: dict[str, str]


def sign_in_url(page: str) -> str:
    """Return the address of the sign-in page that leads back to this page."""
    return f"{SIGN_IN_PAGE}?{urlencode({'next': page})}"


def list_page(model: type[Model]) -> str:
    """Return the address of the model's list."""
    return reverse(f"admin:{_name(model)}_changelist")


def confirm_page(model: type[Model]) -> str:
    """Return the address of the page that confirms a pending action on the model's rows."""
    return reverse(f"admin:{confirm_name(model)}")


def confirm_name(model: type[Model]) -> str:
    """Return the name of that page's route."""
    return f"{_name(model)}_confirm"


def require_recent_login(action: AdminAction) -> AdminAction:
    """Decorate an admin action that needs a recent sign-in; without one the operator signs in again first."""

    @wraps(action)
    def guarded(self: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        if has_recent_login(request):
            return action(self, request, rows)
        _store(request, self, action.__name__, rows)
        return redirect(sign_in_url(confirm_page(self.model)))

    return guarded


def confirm(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Show the pending action of this list, or run it (POST), or drop it (POST with `cancel`)."""
    page = list_page(model_admin.model)
    pending = _read(request, page)
    if pending is None:
        messages.info(request, "No action is waiting for your confirmation.")
        return redirect(page)
    if pending.action not in model_admin.get_actions(request):
        _drop(request)
        raise PermissionDenied("Your role may not run this action")
    if request.method != "POST":
        return _show(model_admin, request, pending)
    _drop(request)
    if "cancel" in request.POST:
        messages.info(request, "Cancelled: nothing was changed.")
        return redirect(page)
    return _run(model_admin, request, pending)


def _show(model_admin: Any, request: HttpRequest, pending: PendingAction) -> HttpResponse:
    form = model_admin.action_form(initial=pending.typed, auto_id="id_%s")
    description = model_admin.get_actions(request)[pending.action][2]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Confirm",
        "description": description,
        "rows": model_admin.get_queryset(request).filter(pk__in=pending.rows),
        "fields": [field for field in form if field.name not in _DJANGOS_FIELDS],
        "minutes": STEP_UP_SECONDS // 60,
        "sign_in_again": "" if has_recent_login(request) else sign_in_url(request.path),
        "list_page": pending.page,
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)


def _run(model_admin: Any, request: HttpRequest, pending: PendingAction) -> HttpResponse:
    # As the list's own form would send it, so that Django checks it in the same way.
    data = request.POST.copy()
    data.update({"action": pending.action, "index": "0", "select_across": "0"})
    data.setlist("_selected_action", pending.rows)
    for name, value in pending.typed.items():
        data.setdefault(name, value)
    request.POST = data  # type: ignore[assignment]
    response: HttpResponse | None = model_admin.response_action(request, model_admin.get_queryset(request))
    if response is None or response.get("Location") == request.get_full_path():
        return redirect(pending.page)
    return response


def _store(request: HttpRequest, model_admin: Any, action: str, rows: QuerySet[Any]) -> None:
    names = set(model_admin.action_form.base_fields) - _DJANGOS_FIELDS
    pending = PendingAction(
        page=list_page(model_admin.model),
        action=action,
        rows=[str(key) for key in rows.values_list("pk", flat=True)],
        typed={name: request.POST[name] for name in sorted(names) if name in request.POST},
    )
    request.session[_KEY] = asdict(pending)


def _read(request: HttpRequest, page: str) -> PendingAction | None:
    stored = request.session.get(_KEY)
    return PendingAction(**stored) if stored and stored["page"] == page else None


def _drop(request: HttpRequest) -> None:
    request.session.pop(_KEY, None)


def _name(model: type[Model]) -> str:
    options = model._meta  # noqa: SLF001  documented by Django
    return f"{options.app_label}_{options.model_name}"
