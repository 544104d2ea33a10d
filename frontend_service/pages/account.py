"""Signing up, in and out."""

from typing import ClassVar

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.generic import View

from frontend_service.clients.cookies import ACCESS, REFRESH
from frontend_service.clients.errors import ApiError
from frontend_service.pages.decorators import safe_next
from frontend_service.pages.forms import SignInForm, SignUpForm
from frontend_service.pages.visitor import PageRequest


class SignIn(View):
    """Sign in, then go to `next`.

    A visitor who is already signed in sees the form too: a page may have sent them here because it needs
    another account (staff), and redirecting back would loop.
    """

    form_class: ClassVar[type[SignInForm]] = SignInForm
    template: ClassVar[str] = "pages/sign_in.html"

    def get(self, request: PageRequest) -> HttpResponse:
        """The form."""
        return self._show(request, self.form_class())

    def post(self, request: PageRequest) -> HttpResponse:
        """Sign in, or show the error on the form."""
        form = self.form_class(request.POST)
        if form.is_valid():
            with form.show_api_errors():
                return self._submit(request, form)
        return self._show(request, form)

    def _submit(self, request: PageRequest, form: SignInForm) -> HttpResponseRedirect:
        request.api.sign_in(**form.cleaned_data)
        return HttpResponseRedirect(_next(request))

    def _show(self, request: PageRequest, form: SignInForm) -> HttpResponse:
        return render(request, self.template, {"form": form, "next": _next(request)}, status=form.status)


class SignUp(SignIn):
    """Create an account and sign in to it."""

    form_class = SignUpForm
    template = "pages/sign_up.html"

    def _submit(self, request: PageRequest, form: SignInForm) -> HttpResponseRedirect:
        request.api.sign_up(**form.cleaned_data)
        messages.success(request, _("Welcome! You can now buy and sell tickets."))
        return HttpResponseRedirect(_next(request))


class SignOut(View):
    """Sign out. Only a POST does it, so that a link can't."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The page that confirms."""
        return render(request, "pages/sign_out.html") if request.visitor.is_signed_in else redirect("browse")

    def post(self, request: PageRequest) -> HttpResponse:
        """End the session. This browser's cookies are deleted even when accounts is down."""
        response = redirect("browse")
        try:
            request.api.sign_out()
            messages.success(request, _("You are signed out."))
        except ApiError:
            messages.warning(request, _("You are signed out in this browser; other devices may not be."))
        for name in (ACCESS, REFRESH):
            response.delete_cookie(name)
        return response


def _next(request: PageRequest) -> str:
    return safe_next(request.POST.get("next") or request.GET.get("next", ""))
