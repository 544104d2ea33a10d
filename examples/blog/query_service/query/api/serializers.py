"""The shapes that readers get."""

from typing import Any

from rest_framework import serializers


class CommentOutput(serializers.Serializer[Any]):
    """A comment; its text only when moderation has approved it."""

    id = serializers.UUIDField()
    text = serializers.CharField(source="public_text")
    status = serializers.CharField()
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815


class PostOutput(serializers.Serializer[Any]):
    """A post with its comments, oldest first."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    body = serializers.CharField()
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    comments = CommentOutput(many=True)
