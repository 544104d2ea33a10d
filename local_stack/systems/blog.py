"""The blog, an example in `examples/blog`: what has nothing to do with tickets runs on the same ground."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local_stack.systems.system import Service, System

if TYPE_CHECKING:
    from local_stack.stack import Stack


def _of_blog(name: str, project: str = "", **details: Any) -> Service:
    return Service(name, f"examples.blog.{project or name}_service", **details)


def _late_query(stack: "Stack", credentials: Mapping[str, str]) -> dict[str, str]:
    return {"QUERY_NAME": "late_query"}


BLOG = System(
    name="blog",
    location="local_stack.systems.blog:BLOG",
    services=(
        _of_blog("posts", publishes=("post",)),
        _of_blog("comments", publishes=("comment",), follows=("moderation", "post")),
        _of_blog("moderation", publishes=("moderation",), follows=("comment",), has_web=False),
        _of_blog("query", follows=("comment", "post"), works_commands=False),
        # The same project once more: the demo starts it late, to see it read everything from the beginning.
        _of_blog(
            "late_query",
            "query",
            follows=("comment", "post"),
            works_commands=False,
            on_demand=True,
            environment=_late_query,
        ),
    ),
    caddyfile="examples/blog/Caddyfile",
    folders=("examples/blog/contracts", "examples/blog/web"),
    demo="examples.blog.demo",
    is_example=True,
)
