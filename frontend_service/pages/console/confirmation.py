"""Every action of the console has a page that says what will happen, and takes the reason."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontend_service.clients.errors import (
    ApiError,
    Forbidden,
    PreconditionFailed,
    RequestInProgress,
    SignedOut,
)
from frontend_service.clients.schemas import Json
from frontend_service.pages.console.access import ConsoleView
from frontend_service.pages.console.things import Fact
from frontend_service.pages.decorators import safe_next
from frontend_service.pages.forms import ApiForm
from frontend_service.pages.messages import translated
from frontend_service.pages.visitor import PageRequest

#: The APIs' code for an action that needs a sign-in of the last minutes.
RECENT_LOGIN_REQUIRED = "recent-login-required"
MAX_REASON = 150
#: The inputs that a page keeps while its operator signs in again.
_TYPED = ("amount", "reason")


class ReasonForm(ApiForm):
    """Why an operator does something: it goes into the audit log."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON,
        help_text=gettext_lazy("For the audit log, up to 150 characters. No names or e-mail addresses."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def add_api_error(self, error: ApiError) -> None:
        """As in every form; where something else is under way, or was, the service says what."""
        if isinstance(error, RequestInProgress | PreconditionFailed) and error.message:
            self.status = error.status
            self.add_error(None, translated(error.message))
        else:
            super().add_api_error(error)

    def get_input(self) -> Json:
        """What was typed, by the API's names; what is empty is left out."""
        return {
            self.add_prefix(name): str(value) if isinstance(value, Decimal) else value
            for name, value in self.cleaned_data.items()
            if value not in (None, "")
        }


class RefundForm(ReasonForm):
    """How much of a payment goes back, and why. `version` is the payment's as the page shows it."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount to refund"),
        required=False,
        max_digits=12,
        decimal_places=2,
        help_text=gettext_lazy(
            "In the payment’s currency. Leave it empty to refund everything that is left."
        ),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = ("amount", "reason")


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """What an action's page says. `act` does it with the form's input, and returns what to say afterwards.

    `effects` are what will happen, a sentence each. `back` is where to go afterwards, and on cancelling.
    `hidden` are the form's hidden fields: what the page was made from.
    """

    title: str | Promise
    button: str | Promise
    effects: list[str | Promise]
    act: Callable[..., str]
    back: str
    form: type[ReasonForm] = ReasonForm
    hidden: dict[str, str] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    is_final: bool = False


class ConfirmView(ConsoleView, ABC):
    """A page that asks before an action. Subclasses say which, in `confirmation`."""

    @abstractmethod
    def confirmation(self, request: PageRequest, **kwargs: Any) -> Confirmation:
        """What the page says and does; may raise `ApiError` or Http404."""

    def get(self, request: PageRequest, **kwargs: Any) -> HttpResponse:
        """The page; what the address has of the form is in it, as after signing in again."""
        confirmation = self.confirmation(request, **kwargs)
        initial = _typed_in(request.GET) | confirmation.hidden
        return self._show(request, confirmation, confirmation.form(initial=initial))

    def post(self, request: PageRequest, **kwargs: Any) -> HttpResponse:
        """Do it, or show why not and keep what was typed; signing in leads back to this page."""
        try:
            return self._submit(request, self.confirmation(request, **kwargs))
        except SignedOut:
            return _sign_in_again(request, _("Your session has ended. Sign in again: your input is kept."))
        except Forbidden as error:
            if not _needs_recent_login(error):
                raise
            text = _("This needs a sign-in of the last 10 minutes. Sign in again: your input is kept.")
            return _sign_in_again(request, text)

    def _submit(self, request: PageRequest, confirmation: Confirmation) -> HttpResponse:
        form = confirmation.form(request.POST)
        if form.is_valid():
            try:
                messages.success(request, confirmation.act(**form.get_input()))
            except ApiError as error:
                if isinstance(error, SignedOut) or _needs_recent_login(error):
                    raise
                form.add_api_error(error)
            else:
                return redirect(confirmation.back)
        for name, value in confirmation.hidden.items():
            form.set_value(name, value)
        return self._show(request, confirmation, form)

    def _show(self, request: PageRequest, confirmation: Confirmation, form: ReasonForm) -> HttpResponse:
        context = {"confirmation": confirmation, "form": form, "action": request.get_full_path()}
        return self.show(request, "confirm.html", context, status=form.status)


def _needs_recent_login(error: ApiError) -> bool:
    codes = {error.slug, *(reason.code for reason in error.errors)}
    return RECENT_LOGIN_REQUIRED in codes


def _sign_in_again(request: PageRequest, text: str) -> HttpResponse:
    """Redirect to the sign-in page, which leads back to this page with what was typed."""
    messages.warning(request, text)
    kept = {name: value for name, value in request.GET.items() if name not in _TYPED}
    here = f"{request.path}?{urlencode(kept | _typed_in(request.POST))}"
    return HttpResponseRedirect(f"{reverse('sign_in')}?{urlencode({'next': here})}")


def _typed_in(values: QueryDict) -> dict[str, str]:
    return {name: typed[:MAX_REASON] for name in _TYPED if isinstance(typed := values.get(name), str)}


def back_in(request: PageRequest, *, default: str) -> str:
    """Where the operator came from within the console: the parameter `back`, never another site or page."""
    back = safe_next(request.GET.get("back", ""), default=default)
    return back if back.startswith(reverse("console_today")) else default
