"""The blog's one page."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from examples.blog.query_service.query import queries

_SHOWN = 20


@require_safe
def show_blog(request: HttpRequest) -> HttpResponse:
    """Show the newest posts; `?written=` is the id of a new post or comment that may not have arrived yet."""
    posts = list(queries.list_posts().order_by("-id")[:_SHOWN])
    on_its_way = _is_on_its_way(request.GET.get("written", ""))
    pending = any(comment.status == "pending" for post in posts for comment in post.comments.all())
    context = {"posts": posts, "on_its_way": on_its_way, "waiting": on_its_way or pending}
    answer = render(request, "query/blog.html", context)
    answer["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    return answer


def _is_on_its_way(written: str) -> bool:
    try:
        return not queries.is_known(UUID(written))
    except ValueError:
        return False
