"""A page of its own for everything that can go wrong: what happened, the request's id, and a way on."""

from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import is_valid_path, reverse
from django.utils.translation import gettext as _

from frontend_service.clients import errors
from frontend_service.clients.errors import ApiError
from frontend_service.pages.messages import part_name, translated
from service_defaults import problems


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What a problem page says. `ways_on` are (address, label), the most helpful first."""

    status: int
    title: str
    text: str
    ways_on: list[tuple[str, str]] = field(default_factory=list)
    retry_after: int | None = None


def page_for(request: HttpRequest, error: ApiError) -> HttpResponse:
    """The page for an API's problem that no form or section could show in its place."""
    if isinstance(error, errors.SignedOut):
        return to_sign_in(request)
    return _show(request, _problem_of(request, error))


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Ask the visitor to sign in, and bring them back to the page they were on."""
    return redirect(f"{reverse('sign_in')}?{urlencode({'next': page_of(request)})}")


def page_of(request: HttpRequest) -> str:
    """The page a request belongs to: a form goes to its own page, or to a page's address plus a verb."""
    if request.method == "GET":
        return request.get_full_path()
    above = request.path
    while above := above.rpartition("/")[0]:
        if is_valid_path(above):
            return above
    return request.path


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's page for a request that it can't read."""
    return _show(
        request,
        Problem(
            status=400,
            title=_("We couldn't read your request"),
            text=_("Your browser sent something that this page can't read."),
            ways_on=[_home()],
        ),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's page for what may not be done."""
    return _show(request, _forbidden(_("You don't have access to this.")))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was not sent from one of our pages, or from one that is too old."""
    title = _("This form has expired")
    text = _(
        "It was open for too long, or wasn't sent from this site. Nothing was changed. Open the page again."
    )
    ways_on = [(page_of(request), _("Open the page again")), _home()]
    return _show(request, Problem(status=403, title=title, text=text, ways_on=ways_on))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's page for an address that leads nowhere."""
    return _show(request, _not_found())


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's page for a mistake of ours. Asks nothing of anybody: it may be shown because they are down."""
    problem = Problem(
        status=500,
        title=_("Something went wrong"),
        text=_("This is our mistake. If you contact us, include the request id."),
        ways_on=[(page_of(request), _("Try again")), _home()],
    )
    return _show(request, problem, template="pages/problem_alone.html")


def _show(request: HttpRequest, problem: Problem, template: str = "pages/problem.html") -> HttpResponse:
    if request.path.startswith("/api/"):
        return _for_programs(problem)
    response = render(request, template, {"problem": problem}, status=problem.status)
    if problem.retry_after:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _for_programs(problem: Problem) -> HttpResponse:
    """Whoever asks under `/api/` gets no HTML, even where no service claims the route."""
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
    return Problem(status=404, title=_("Page not found"), text=text, ways_on=[_home()])


def _forbidden(text: str) -> Problem:
    ways_on = [_home(), (reverse("orders"), _("Your orders"))]
    return Problem(status=403, title=_("Access denied"), text=text, ways_on=ways_on)


def _too_many(request: HttpRequest, error: ApiError) -> Problem:
    seconds = error.retry_after or 60
    return Problem(
        status=429,
        title=_("Too many requests"),
        text=_("Try again in %(seconds)d seconds.") % {"seconds": seconds},
        ways_on=[(page_of(request), _("Try again")), _home()],
        retry_after=seconds,
    )


def _down(request: HttpRequest, error: ApiError) -> Problem:
    what = part_name(error.part)
    return Problem(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        title=_("%(service)s are unavailable") % {"part": what},
        text=_("The rest of the site works. Nothing is lost; try again in a moment."),
        ways_on=[(page_of(request), _("Try again")), _home()],
        retry_after=error.retry_after or 5,
    )


def _refused(request: HttpRequest, error: ApiError) -> Problem:
    text = translated(error.message) or _("We couldn't do this.")
    ways_on = [(page_of(request), _("Go back")), _home()]
    return Problem(status=error.status, title=_("That didn't work"), text=text, ways_on=ways_on)


def _home() -> tuple[str, str]:
    return reverse("browse"), _("Browse tickets")
