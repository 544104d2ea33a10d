"""The posts app."""

from django.apps import AppConfig


class PostsConfig(AppConfig):
    """Posts."""

    name = "examples.blog.posts_service.posts"
    label = "posts"
    default_auto_field = "django.db.models.BigAutoField"
