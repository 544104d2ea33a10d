"""The comments app."""

from django.apps import AppConfig


class CommentsConfig(AppConfig):
    """Comments."""

    name = "examples.blog.comments_service.comments"
    label = "comments"
    default_auto_field = "django.db.models.BigAutoField"
