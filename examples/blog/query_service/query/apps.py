"""The query app."""

from django.apps import AppConfig


class QueryConfig(AppConfig):
    """The replicas that the blog's page shows."""

    name = "examples.blog.query_service.query"
    label = "query"
    default_auto_field = "django.db.models.BigAutoField"
