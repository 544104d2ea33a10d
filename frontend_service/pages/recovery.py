"""The pages that links in e-mails lead to. A GET changes nothing, since mail scanners open links too."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from frontend_service.clients.own_account import OwnAccount
from frontend_service.pages.forms import ApiForm
from frontend_service.pages.own_account import NewPasswordForm
from frontend_service.pages.visitor import PageRequest


class AddressForm(ApiForm):
    """An account's e-mail address."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"invalid": gettext_lazy("Email must be valid")},
    )


class LinkForm(ApiForm):
    """A link's token."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=500)


class ResetForm(NewPasswordForm, LinkForm):
    """A link's token and a new password."""


class ForgotPassword(View):
    """Request a link to set a new password."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The form."""
        return render(request, "pages/forgot.html", {"form": AddressForm()})

    def post(self, request: PageRequest) -> HttpResponse:
        """Have the link sent; the page is the same whether or not there is such an account."""
        form = AddressForm(request.POST)
        if form.is_valid():
            with form.show_api_errors():
                OwnAccount(request.api.gateway).forgot_password(**form.cleaned_data)
                return render(request, "pages/forgot_sent.html", {"email": form.cleaned_data["email"]})
        return render(request, "pages/forgot.html", {"form": form}, status=form.status)


class ResetPassword(View):
    """Choose a new password."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The form."""
        form = ResetForm(initial={"token": request.GET.get("token", "")})
        return render(request, "pages/reset.html", {"form": form})

    def post(self, request: PageRequest) -> HttpResponse:
        """Set the password and go to the sign-in page."""
        form = ResetForm(request.POST)
        if form.is_valid():
            with form.show_api_errors():
                OwnAccount(request.api.gateway).reset_password(**form.cleaned_data)
                messages.success(request, _("Password changed. Sign in with your new password."))
                return redirect("sign_in")
        return render(request, "pages/reset.html", {"form": form}, status=form.status)


class VerifyEmail(View):
    """Confirm an e-mail address."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The page with the button."""
        form = LinkForm(initial={"token": request.GET.get("token", "")})
        return render(request, "pages/verify.html", {"form": form})

    def post(self, request: PageRequest) -> HttpResponse:
        """Confirm the address."""
        form = LinkForm(request.POST)
        if form.is_valid():
            with form.show_api_errors():
                OwnAccount(request.api.gateway).verify_email(**form.cleaned_data)
                messages.success(request, _("E-mail address confirmed."))
                return redirect("browse")
        return render(request, "pages/verify.html", {"form": form}, status=form.status)
