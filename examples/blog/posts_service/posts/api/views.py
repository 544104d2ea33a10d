"""The route of posts: validate, open the transaction, call the operation, serialize the response."""

from django.db import transaction
from django.http import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from examples.blog.posts_service.posts import operations
from examples.blog.posts_service.posts.api.serializers import PostInput, PostOutput


class Posts(APIView):
    """Creates posts. The query service lists them."""

    def post(self, request: Request) -> HttpResponseBase:
        """Write a post. The page's form is redirected to the page."""
        data = PostInput(data=request.data)
        data.is_valid(raise_exception=True)
        with transaction.atomic():
            post = operations.write_post(**data.validated_data, now=timezone.now())
        if request.content_type.startswith("application/json"):
            return Response(PostOutput(post).data, status=201)
        return Response(status=303, headers={"Location": f"/?written={post.id}"})
