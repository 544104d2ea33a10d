"""The writes."""

from datetime import datetime

from examples.blog.contracts.post import PostWritten
from examples.blog.posts_service.posts.models import Post
from shared_events.outbox import log


def write_post(*, title: str, body: str, now: datetime) -> Post:
    """Write a post and record the event."""
    post = Post.objects.create(title=title, body=body, created_at=now)
    event = PostWritten(title=post.title, body=post.body, created_at=post.created_at)
    log.record(event, aggregate_id=post.id, version=post.version)
    return post
