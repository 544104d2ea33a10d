"""The query app."""

from django.apps import AppConfig


class QueryConfig(AppConfig):
    """What the blog's pages show."""

    name = "examples.blog.query_service.query"
    label = "query"
    default_auto_field = "django.db.models.BigAutoField"
