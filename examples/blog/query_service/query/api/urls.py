"""The route under /posts."""

from django.urls import path

from examples.blog.query_service.query.api.views import Posts

urlpatterns = [path("posts", Posts.as_view())]
