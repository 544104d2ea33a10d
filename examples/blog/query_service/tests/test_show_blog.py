from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client

from shared_events.ids import uuid7

Receive = Callable[..., UUID]


class TestThePage:
    def test_shows_verdicts_in_words_and_only_approved_texts(
        self, client: Client, receive_post: Receive, receive_comment: Receive
    ) -> None:
        post = receive_post("A <b>title</b>")
        receive_comment(post, "well said", "approved")
        receive_comment(post, "bad words", "rejected")
        page = _page(client)
        assert "A &lt;b&gt;title&lt;/b&gt;" in page
        assert "well said" in page
        assert "bad words" not in page
        assert "rejected by moderation" in page
        assert "data-waiting" not in page

    def test_goes_on_asking_while_a_comment_awaits_moderation(
        self, client: Client, receive_post: Receive, receive_comment: Receive
    ) -> None:
        receive_comment(receive_post(), "well said")
        page = _page(client)
        assert "awaiting moderation" in page
        assert "well said" not in page
        assert "data-waiting" in page
        assert 'http-equiv="refresh"' in page

    def test_says_that_what_was_just_written_is_on_its_way_until_it_is_here(
        self, client: Client, receive_post: Receive
    ) -> None:
        written = uuid7()
        assert "on its way" in _page(client, f"/?written={written}")
        receive_post(id=written)
        assert "on its way" not in _page(client, f"/?written={written}")

    @pytest.mark.parametrize("nonsense", ["x", "%00", "<script>", ""])
    def test_takes_no_notice_of_nonsense(self, client: Client, db: None, nonsense: str) -> None:
        page = _page(client, f"/?written={nonsense}")
        assert "on its way" not in page
        assert "Nobody has written anything yet" in page

    def test_loads_nothing_from_elsewhere(self, client: Client, db: None) -> None:
        assert client.get("/").headers["Content-Security-Policy"].startswith("default-src 'self'")
        for name in ("blog.css", "blog.js"):
            answer = client.get(f"/static/query/{name}")
            answer.close()
            assert answer.status_code == 200


def _page(client: Client, address: str = "/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()
