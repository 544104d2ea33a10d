"""The local stack's table equals the service's code; run with each service's settings in turn."""

from django.conf import settings

from local_stack.systems.blog import BLOG
from shared_events.inbox.subscriptions import followed_streams


class TestThisService:
    def test_stands_in_the_stacks_table_as_its_code_has_it(self) -> None:
        [known] = [service for service in BLOG.services if service.name == settings.SERVICE]
        assert known.publishes == settings.EVENTS.publishes
        assert known.follows == tuple(followed_streams())
        assert known.has_web == hasattr(settings, "ROOT_URLCONF")
