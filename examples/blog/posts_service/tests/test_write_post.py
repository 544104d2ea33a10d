import pytest
from rest_framework.test import APIClient

from examples.blog.contracts.post import PostWritten
from shared_events.testing import nothing_recorded, recorded_events


@pytest.mark.django_db
class TestWritePost:
    def test_keeps_it_and_says_so(self, api: APIClient) -> None:
        answer = api.post("/posts", {"title": "Hello", "body": "World"})
        assert answer.status_code == 201
        assert (answer.json()["title"], answer.json()["body"]) == ("Hello", "World")
        [event] = recorded_events()
        assert isinstance(event, PostWritten)
        assert (event.title, event.body) == ("Hello", "World")

    def test_redirects_a_user_of_the_form_back_to_the_page(self, api: APIClient) -> None:
        answer = api.post("/posts", "title=Hello", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/?written=")
        assert len(recorded_events()) == 1

    @pytest.mark.parametrize("body", [{}, {"title": " "}, {"title": "x" * 201}, {"title": None}])
    def test_refuses_a_post_without_a_proper_title(self, api: APIClient, body: dict[str, str]) -> None:
        with nothing_recorded():
            answer = api.post("/posts", body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "title"
