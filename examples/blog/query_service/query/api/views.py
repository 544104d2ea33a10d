"""The route of query: call the query, serialize the response."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from examples.blog.query_service.query import queries
from examples.blog.query_service.query.api.serializers import PostOutput
from service_defaults.paging import KeysetPagination


class Posts(APIView):
    """The list of posts."""

    def get(self, request: Request) -> Response:
        """List posts with their comments, newest first."""
        pages = KeysetPagination()
        page = pages.paginate_queryset(queries.list_posts(), request)
        return pages.get_paginated_response(PostOutput(page, many=True).data)
