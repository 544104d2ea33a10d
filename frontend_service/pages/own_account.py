"""The visitor's account: sessions, password, e-mail address."""

from contextlib import suppress
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from frontend_service.clients.errors import NotFound
from frontend_service.clients.own_account import OwnAccount
from frontend_service.pages.decorators import login_required
from frontend_service.pages.forms import ApiForm
from frontend_service.pages.visitor import PageRequest


class NewPasswordForm(ApiForm):
    """A new password."""

    password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        help_text=gettext_lazy("At least 8 characters, and not a common password. Longer is better."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": 8}),
    )


class ChangePasswordForm(NewPasswordForm):
    """The current and a new password."""

    field_order = ("current_password", "password")

    current_password = forms.CharField(
        label=gettext_lazy("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


@method_decorator(login_required, name="dispatch")
class Account(View):
    """The account's page."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The sessions and the password form."""
        return self._show(request, ChangePasswordForm())

    def post(self, request: PageRequest) -> HttpResponse:
        """Change the password; every other session ends."""
        form = ChangePasswordForm(request.POST)
        if form.is_valid():
            with form.show_api_errors():
                OwnAccount(request.api.gateway).change_password(**form.cleaned_data)
                messages.success(request, _("Password changed. Your other devices are signed out."))
                return redirect("account")
        return self._show(request, form)

    def _show(self, request: PageRequest, form: ChangePasswordForm) -> HttpResponse:
        account = OwnAccount(request.api.gateway)
        context = {
            "form": form,
            "sessions": sorted(account.list_sessions(), key=lambda session: not session.current),
            "email_is_verified": account.email_is_verified(),
        }
        return render(request, "pages/account.html", context, status=form.status)


@method_decorator(login_required, name="dispatch")
class EndSession(View):
    """End another session."""

    def get(self, request: PageRequest, session_id: UUID) -> HttpResponse:
        """A GET only redirects."""
        return redirect("account")

    def post(self, request: PageRequest, session_id: UUID) -> HttpResponse:
        """End the session."""
        # A session that has already ended is a 404, which is the requested outcome.
        with suppress(NotFound):
            OwnAccount(request.api.gateway).end_session(session_id)
        messages.success(request, _("Device signed out."))
        return redirect("account")


@method_decorator(login_required, name="dispatch")
class SignOutEverywhere(View):
    """Sign out on every device."""

    def get(self, request: PageRequest) -> HttpResponse:
        """A GET only redirects."""
        return redirect("account")

    def post(self, request: PageRequest) -> HttpResponse:
        """End every session."""
        OwnAccount(request.api.gateway).sign_out_everywhere()
        messages.success(request, _("You are signed out on every device."))
        return redirect("sign_in")


@method_decorator(login_required, name="dispatch")
class SendVerification(View):
    """Send the confirmation e-mail again."""

    def get(self, request: PageRequest) -> HttpResponse:
        """A GET only redirects."""
        return redirect("account")

    def post(self, request: PageRequest) -> HttpResponse:
        """Have the e-mail sent."""
        OwnAccount(request.api.gateway).send_verification()
        messages.success(request, _("E-mail sent. Check your inbox."))
        return redirect("account")
