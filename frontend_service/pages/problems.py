"""The error pages: what happened, the request's id, and where to go next."""

from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import is_valid_path, reverse
from django.utils.translation import gettext as _

from frontend_service.clients import errors
from frontend_service.clients.errors import ApiError
from frontend_service.pages.messages import service_name, translated
from service_defaults import problems


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error page's content. `actions` are (URL, label), the most useful first."""

    status: int
    title: str
    text: str
    actions: list[tuple[str, str]] = field(default_factory=list)
    retry_after: int | None = None


def page_for(request: HttpRequest, error: ApiError) -> HttpResponse:
    """The page for an API's error that the view doesn't show itself."""
    if isinstance(error, errors.SignedOut):
        return to_sign_in(request)
    return _show(request, _problem_of(request, error))


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the sign-in page, which leads back to the visitor's page."""
    return redirect(f"{reverse('sign_in')}?{urlencode({'next': page_of(request)})}")


def page_of(request: HttpRequest) -> str:
    """The page that a request belongs to: a form posts to its page's URL, or to that URL plus a verb."""
    if request.method == "GET":
        return request.get_full_path()
    above = request.path
    while above := above.rpartition("/")[0]:
        if is_valid_path(above):
            return above
    return request.path


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's 400 page."""
    return _show(
        request,
        Problem(
            status=400,
            title=_("We couldn't read your request"),
            text=_("Your browser sent something that this page can't read."),
            actions=[_home()],
        ),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's 403 page."""
    return _show(request, _forbidden(_("You don't have access to this.")))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's page for a form without a valid CSRF token."""
    title = _("This form has expired")
    text = _(
        "It was open for too long, or wasn't sent from this site. Nothing was changed. Open the page again."
    )
    actions = [(page_of(request), _("Open the page again")), _home()]
    return _show(request, Problem(status=403, title=title, text=text, actions=actions))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's 404 page."""
    return _show(request, _not_found())


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's 500 page. It calls no API, since one that is down may be the cause."""
    problem = Problem(
        status=500,
        title=_("Something went wrong"),
        text=_("This is our mistake. If you contact us, include the request id."),
        actions=[(page_of(request), _("Try again")), _home()],
    )
    return _show(request, problem, template="pages/problem_alone.html")


def _show(request: HttpRequest, problem: Problem, template: str = "pages/problem.html") -> HttpResponse:
    if request.path.startswith("/api/"):
        return _json_problem(problem)
    response = render(request, template, {"problem": problem}, status=problem.status)
    if problem.retry_after:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _json_problem(problem: Problem) -> HttpResponse:
    """API clients get JSON, even under `/api/` paths that no service has."""
    slug = HTTPStatus(problem.status).phrase.lower().replace(" ", "-")
    return problems.problem(problem.status, slug, problem.text)


def _problem_of(request: HttpRequest, error: ApiError) -> Problem:
    match error:
        case errors.NotFound():
            return _not_found()
        case errors.Forbidden():
            return _forbidden(translated(error.message) or _("You don't have access to this."))
        case errors.TooManyRequests():
            return _too_many(request, error)
        case errors.Unavailable():
            return _down(request, error)
    return _refused(request, error)


def _not_found() -> Problem:
    text = _("The address may be wrong, or the listing was withdrawn.")
    return Problem(status=404, title=_("Page not found"), text=text, actions=[_home()])


def _forbidden(text: str) -> Problem:
    actions = [_home(), (reverse("orders"), _("Your orders"))]
    return Problem(status=403, title=_("Access denied"), text=text, actions=actions)


def _too_many(request: HttpRequest, error: ApiError) -> Problem:
    seconds = error.retry_after or 60
    return Problem(
        status=429,
        title=_("Too many requests"),
        text=_("Try again in %(seconds)d seconds.") % {"seconds": seconds},
        actions=[(page_of(request), _("Try again")), _home()],
        retry_after=seconds,
    )


def _down(request: HttpRequest, error: ApiError) -> Problem:
    what = service_name(error.service)
    return Problem(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        title=_("%(service)s are unavailable") % {"service": what},
        text=_("The rest of the site works. Nothing is lost; try again in a moment."),
        actions=[(page_of(request), _("Try again")), _home()],
        retry_after=error.retry_after or 5,
    )


def _refused(request: HttpRequest, error: ApiError) -> Problem:
    text = translated(error.message) or _("We couldn't do this.")
    actions = [(page_of(request), _("Go back")), _home()]
    return Problem(status=error.status, title=_("That didn't work"), text=text, actions=actions)


def _home() -> tuple[str, str]:
    return reverse("browse"), _("Browse tickets")
