"""An example's stack, on paper: nothing of the marketplace is in it, and neither gets in the other's way."""

from pathlib import Path

import pytest

from local_stack.arguments import run_dir_of
from local_stack.backing import rabbitmq
from local_stack.cli import main, parser
from local_stack.credentials import credentials_of
from local_stack.environment import database_url, overrides_from, service_environment
from local_stack.stack import DEFAULT_RUN_DIR, REPOSITORY, Stack
from local_stack.supervisor.launch import plan
from local_stack.supervisor.process_specs import specs_of, specs_on_demand
from local_stack.supervisor.rolling import NothingToRestart, restart
from local_stack.supervisor.up import SomethingElseHere, UpOptions, up
from local_stack.systems import Service, System
from local_stack.systems.blog import BLOG
from local_stack.systems.marketplace import MARKETPLACE
from tests.chaos.system import CHAOS

LATE = next(service for service in BLOG.services if service.on_demand)


@pytest.fixture
def blog(run_dir: Path) -> Stack:
    """The blog's stack, on paper only."""
    stack = plan(run_dir, system=BLOG, broker="embedded", any_port=True)
    stack.save()
    return stack


class TestEverySystem:
    @pytest.mark.parametrize("system", [MARKETPLACE, BLOG, CHAOS], ids=lambda system: system.name)
    def test_has_its_code_and_its_gateway(self, system: System) -> None:
        places = (*system.folders, system.caddyfile, *(service.folder for service in system.services))
        assert [place for place in places if not (REPOSITORY / place).exists()] == []


class TestAnExamplesStack:
    def test_is_an_example_when_it_is_read_again(self, blog: Stack) -> None:
        again = Stack.load(blog.run_dir)
        assert again == blog
        assert again.system == BLOG

    def test_has_no_secret_port_or_process_of_the_marketplace(self, blog: Stack) -> None:
        secrets = credentials_of(blog.run_dir, BLOG)
        processes = {spec.name for spec in specs_of(blog, secrets)}
        names = {*secrets, *blog.ports, *processes}
        services = {service.name for service in MARKETPLACE.services}
        known = {name.partition(".")[0] for name in names}
        assert not known & {*services, "stripe", "visitor", "seed", "buyer", "seller", "operator"}
        assert known >= {service.name for service in BLOG.services}

    @pytest.mark.parametrize("service", BLOG.services, ids=lambda service: service.name)
    def test_gives_a_service_no_setting_of_the_marketplace(self, blog: Stack, service: Service) -> None:
        found = service_environment(blog, credentials_of(blog.run_dir, BLOG), service)
        prefixes = ("AUTH_", "STRIPE_", "ORDERS_", "FRONTEND_", "DJANGO_CLIENT_IP_SIGNING_KEY")
        assert [name for name in found if name.startswith(prefixes)] == []

    def test_takes_the_variables_of_its_own_services(self) -> None:
        shell = {"ORDERS_HOLD_SECONDS": "5", "MODERATION_FORBIDDEN_WORDS": "tea", "EVENTS_PACE": "1"}
        assert overrides_from(shell, BLOG).keys() == {"MODERATION_FORBIDDEN_WORDS", "EVENTS_PACE"}

    def test_starts_no_more_than_each_service_needs(self, blog: Stack) -> None:
        processes = {spec.name for spec in specs_of(blog, credentials_of(blog.run_dir, BLOG))}
        assert not processes & {"moderation.web", "query.commands", "posts.events"}
        assert not [name for name in processes if name.startswith(LATE.name)]


class TestAServiceOnDemand:
    def test_has_a_database_and_a_user_of_the_broker_of_its_own(self, blog: Stack) -> None:
        secrets = credentials_of(blog.run_dir, BLOG)
        assert database_url(blog, secrets, LATE).endswith(f"/{LATE.name}")
        users = rabbitmq.definitions_of(blog, secrets)["users"]
        assert isinstance(users, list)
        assert LATE.name in {user["name"] for user in users}

    def test_has_the_parts_of_any_other(self, blog: Stack) -> None:
        specs = specs_on_demand(blog, credentials_of(blog.run_dir, BLOG), LATE)
        assert [spec.name.partition(".")[2] for spec in specs] == [
            "migrate",
            "topology",
            "web",
            "relay",
            "events",
        ]


class TestTheCommandLine:
    def test_gives_an_example_a_place_beside_the_marketplace(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("STACK_RUN_DIR", raising=False)
        assert run_dir_of(parser().parse_args(["up"])) == DEFAULT_RUN_DIR
        assert run_dir_of(parser().parse_args(["up", "--example", "blog"])) == DEFAULT_RUN_DIR / "blog"
        monkeypatch.setenv("STACK_RUN_DIR", "/elsewhere")
        assert run_dir_of(parser().parse_args(["down", "--example", "blog"])) == Path("/elsewhere/blog")

    def test_takes_a_given_place_as_it_is(self) -> None:
        options = parser().parse_args(["--run-dir", "/elsewhere", "up", "--example", "blog"])
        assert run_dir_of(options) == Path("/elsewhere")

    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            (["up", "--example", "blog", "--hold-seconds", "5"], "holds no tickets"),
            (["status", "--example", "blog"], "up --example blog"),
            (["status"], "up\n"),
        ],
    )
    def test_says_what_makes_no_sense_and_what_to_do(
        self, run_dir: Path, arguments: list[str], error: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["--run-dir", str(run_dir), *arguments]) == 1
        assert error in capsys.readouterr().err

    def test_says_how_to_start_an_example_that_is_stopped(
        self, blog: Stack, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["--run-dir", str(blog.run_dir), "demo"]) == 1
        assert "./manage_all.py up --example blog" in capsys.readouterr().err


class TestManage:
    def test_runs_a_command_with_the_environment_of_the_service(
        self, blog: Stack, capfd: pytest.CaptureFixture[str]
    ) -> None:
        where = "from django.conf import settings; print(settings.DATABASES['default']['NAME'])"
        assert main(["--run-dir", str(blog.run_dir), "manage", "posts", "shell", "-v0", "-c", where]) == 0
        assert capfd.readouterr().out == "posts\n"

    def test_refuses_an_unknown_service_and_names_those_there_are(
        self, blog: Stack, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["--run-dir", str(blog.run_dir), "manage", "orders", "check"]) == 1
        assert "There are: posts, comments, moderation, query, late_query." in capsys.readouterr().err


class TestUp:
    def test_refuses_a_place_where_something_else_lives(self, blog: Stack) -> None:
        with pytest.raises(SomethingElseHere, match="holds the blog, not the marketplace"):
            up(UpOptions(run_dir=blog.run_dir))


class TestRestart:
    def test_under_load_is_not_for_a_system_without_load(self, blog: Stack) -> None:
        with pytest.raises(NothingToRestart, match="no load for the blog"):
            restart(blog, [], under_load=True)
