"""The route of comments: validate, open the transaction, call the operation, serialize the response."""

from uuid import UUID

from django.db import transaction
from django.http import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from examples.blog.comments_service.comments import operations, queries
from examples.blog.comments_service.comments.api.serializers import CommentInput, CommentOutput
from service_defaults.replication import wait_for_replica


class Comments(APIView):
    """Creates comments. The query service lists them."""

    def post(self, request: Request, post_id: UUID) -> HttpResponseBase:
        """Comment on a post. The page's form is redirected to the page."""
        data = CommentInput(data=request.data)
        data.is_valid(raise_exception=True)
        # A post that was just written may be on its way to us.
        wait_for_replica(queries.find_post, post_id)
        with transaction.atomic():
            comment = operations.write_comment(
                post_id=post_id, text=data.validated_data["text"], now=timezone.now()
            )
        if request.content_type.startswith("application/json"):
            return Response(CommentOutput(comment).data, status=201)
        return Response(status=303, headers={"Location": f"/?written={comment.id}#post-{post_id}"})
