from collections.abc import Callable
from uuid import UUID

from rest_framework.test import APIClient

from shared_events.ids import uuid7

Receive = Callable[..., UUID]


class TestReadPosts:
    def test_shows_posts_newest_first_with_their_comments_oldest_first(
        self, api: APIClient, receive_post: Receive, receive_comment: Receive
    ) -> None:
        old, new = receive_post("old"), receive_post("new")
        for text in ("one", "two"):
            receive_comment(old, text, "approved")
        found = api.get("/posts").json()
        assert [post["id"] for post in found] == [str(new), str(old)]
        assert [comment["text"] for comment in found[1]["comments"]] == ["one", "two"]

    def test_shows_what_moderation_says_and_the_text_once_it_is_approved(
        self, api: APIClient, receive_post: Receive, receive_comment: Receive
    ) -> None:
        post = receive_post()
        comment = receive_comment(post, "secret")
        assert _comments(api) == [("", "pending")]
        receive_comment(post, "secret", "approved", id=comment)
        assert _comments(api) == [("secret", "approved")]

    def test_never_shows_the_text_of_a_rejected_comment(
        self, api: APIClient, receive_post: Receive, receive_comment: Receive
    ) -> None:
        receive_comment(receive_post(), "secret", "rejected")
        assert _comments(api) == [("", "rejected")]

    def test_waits_with_a_comment_that_is_known_before_its_post(
        self, api: APIClient, receive_post: Receive, receive_comment: Receive
    ) -> None:
        post = uuid7()
        receive_comment(post, "early", "approved")
        assert api.get("/posts").json() == []
        receive_post(id=post)
        assert _comments(api) == [("early", "approved")]

    def test_leads_from_page_to_page(self, api: APIClient, receive_post: Receive) -> None:
        for title in ("one", "two", "three"):
            receive_post(title)
        first = api.get("/posts?limit=2")
        assert [post["title"] for post in first.json()] == ["three", "two"]
        following = first.headers["Link"].partition("<")[2].partition(">")[0]
        assert [post["title"] for post in api.get(following).json()] == ["one"]


def _comments(api: APIClient) -> list[tuple[str, str]]:
    [post] = api.get("/posts").json()
    return [(comment["text"], comment["status"]) for comment in post["comments"]]


class TestAWordOfOld:
    def test_hides_no_comment_that_was_approved(
        self, api: APIClient, receive_post: Receive, receive_comment: Receive
    ) -> None:
        post = receive_post()
        comment = receive_comment(post, "Hi")
        receive_comment(post, "Hi", "approved", id=comment)
        receive_post(id=post)
        receive_comment(post, "Hi", id=comment)
        [shown] = api.get("/posts").json()
        assert [one["status"] for one in shown["comments"]] == ["approved"]
