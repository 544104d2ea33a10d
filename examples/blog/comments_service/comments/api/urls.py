"""The route under /posts/<post>/comments."""

from django.urls import path

from examples.blog.comments_service.comments.api.views import Comments

urlpatterns = [path("posts/<uuid:post_id>/comments", Comments.as_view())]
