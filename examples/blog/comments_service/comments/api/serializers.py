"""The shapes that clients send and get."""

from typing import Any

from rest_framework import serializers


class CommentInput(serializers.Serializer[Any]):
    """The text of a new comment."""

    text = serializers.CharField(max_length=1000)


class CommentOutput(serializers.Serializer[Any]):
    """A comment."""

    id = serializers.UUIDField()
    postId = serializers.UUIDField(source="post_id")  # noqa: N815
    text = serializers.CharField()
    status = serializers.CharField()
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
