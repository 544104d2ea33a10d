from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from examples.blog.contracts.comment import CommentWritten
from shared_events.testing import nothing_recorded, recorded_events


class TestWriteComment:
    def test_keeps_it_pending_and_says_so(self, api: APIClient, post_id: UUID) -> None:
        answer = api.post(f"/posts/{post_id}/comments", {"text": "Well said."})
        assert answer.status_code == 201
        assert answer.json()["status"] == "pending"
        [event] = recorded_events()
        assert isinstance(event, CommentWritten)
        assert (event.post_id, event.text, event.status) == (post_id, "Well said.", "pending")

    def test_redirects_a_user_of_the_form_back_to_the_post(self, api: APIClient, post_id: UUID) -> None:
        answer = api.post(
            f"/posts/{post_id}/comments", "text=Hi", content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 303
        assert answer.headers["Location"].endswith(f"#post-{post_id}")

    @pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x" * 1001}])
    def test_refuses_to_say_nothing_or_too_much(
        self, api: APIClient, post_id: UUID, body: dict[str, str]
    ) -> None:
        with nothing_recorded():
            assert api.post(f"/posts/{post_id}/comments", body).status_code == 400

    def test_refuses_a_post_that_does_not_exist(self, api: APIClient, db: None) -> None:
        with nothing_recorded():
            answer = api.post(f"/posts/{uuid4()}/comments", {"text": "Hi"})
        assert answer.status_code == 404
        assert answer.json()["errors"][0]["code"] == "post-not-found"
