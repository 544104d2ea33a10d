"""The moderation app."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    """Verdicts on comments."""

    name = "examples.blog.moderation_service.moderation"
    label = "moderation"
    default_auto_field = "django.db.models.BigAutoField"
