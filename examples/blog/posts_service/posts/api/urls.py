"""The route under /posts."""

from django.urls import path

from examples.blog.posts_service.posts.api.views import Posts

urlpatterns = [path("posts", Posts.as_view())]
