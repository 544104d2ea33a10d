"""The whole blog on its own stack."""

import os
import re
from collections.abc import Iterator

import httpx
import pytest

from examples.blog import demo
from local_stack.systems.blog import BLOG
from tests.running_stack import RunningStack, running_stack, wait_for


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack(system=BLOG, broker=os.environ.get("STACK_BROKER", "embedded")) as stack:
        yield stack


@pytest.fixture
def visitor(stack: RunningStack) -> Iterator[httpx.Client]:
    """A browser without script."""
    with httpx.Client(base_url=stack.url, follow_redirects=True, timeout=30) as visitor:
        yield visitor


class TestTheDemo:
    def test_shows_that_query_misses_nothing_and_a_late_one_reads_everything(
        self, stack: RunningStack, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert demo.demo(stack.stack) == 0
        output = capsys.readouterr().out
        assert "shows the same 3 posts" in output
        assert "the stream comment from position 1 to 12" in output


class TestThePage:
    def test_shows_a_comment_awaiting_moderation_and_then_the_verdict(
        self, stack: RunningStack, visitor: httpx.Client
    ) -> None:
        visitor.post("/posts", data={"title": "From a form"}).raise_for_status()
        wait_for(lambda: "From a form" in visitor.get("/").text)
        form = re.search(r"/posts/[0-9a-f-]{36}/comments", visitor.get("/").text)
        assert form
        stack.stop("moderation.events")
        visitor.post(form[0], data={"text": "Buy spam"}).raise_for_status()
        wait_for(lambda: "awaiting moderation" in visitor.get("/").text)
        stack.start("moderation.events")
        wait_for(lambda: "awaiting moderation" not in visitor.get("/").text)
        assert "rejected by moderation" in visitor.get("/").text


class TestTheGateway:
    def test_hides_health_and_answers_for_who_is_away(
        self, stack: RunningStack, visitor: httpx.Client
    ) -> None:
        assert visitor.get("/health/ready").status_code == 404
        stack.stop("posts.web")
        answer = visitor.post("/posts", json={"title": "Hello"})
        stack.start("posts.web")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert answer.json()["errors"][0]["code"] == "unavailable"
