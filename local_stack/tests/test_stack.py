"""A stack on paper: what is saved, what is private, what the services get to know."""

import dataclasses
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from fake_stripe import __main__ as fake_stripe
from local_stack.credentials import Credentials, credentials_of
from local_stack.environment import broker_url, database_url, overrides_from, service_environment
from local_stack.stack import Stack
from local_stack.supervisor import step_cache
from local_stack.supervisor.down import forget
from local_stack.supervisor.launch import plan
from local_stack.supervisor.process_specs import specs_of
from local_stack.supervisor.up import LiveKey, UpOptions, up
from local_stack.systems import Service
from local_stack.systems.marketplace import MARKETPLACE

ORDERS = MARKETPLACE.service("orders")


class TestAStack:
    def test_is_the_same_when_it_is_read_again(self, stack: Stack) -> None:
        assert Stack.load(stack.run_dir) == stack

    def test_was_never_there_in_an_empty_directory(self, tmp_path: Path) -> None:
        assert Stack.load(tmp_path) is None

    def test_keeps_its_files_to_itself(self, stack: Stack) -> None:
        credentials_of(stack.run_dir)
        for name in ("stack.json", "secrets.json"):
            assert stat.S_IMODE((stack.run_dir / name).stat().st_mode) == 0o600

    def test_listens_on_a_short_path_even_in_a_deep_directory(self, stack: Stack) -> None:
        deep = dataclasses.replace(stack, run_dir=stack.run_dir / ("deep" * 30))
        assert len(str(deep.socket)) < 100
        assert deep.socket.is_relative_to(tempfile.gettempdir())

    def test_says_what_another_would_change(self, stack: Stack) -> None:
        other = dataclasses.replace(
            stack, hold_seconds=20, wanted_broker="rabbitmq", dashboard=True, code="new"
        )
        assert other.settings_that_differ(stack) == [
            "broker embedded -> rabbitmq",
            "hold 900 s -> 20 s",
            "dashboard False -> True",
            "the code has changed",
        ]
        assert stack.settings_that_differ(stack) == []


class TestCredentials:
    def test_stay_the_same(self, stack: Stack) -> None:
        assert credentials_of(stack.run_dir) == credentials_of(stack.run_dir)

    def test_are_all_different(self, stack: Stack) -> None:
        values = [*credentials_of(stack.run_dir).values()]
        assert len({*values}) == len(values)


class TestAServicesEnvironment:
    @pytest.mark.parametrize("service", MARKETPLACE.services, ids=lambda service: service.name)
    def test_holds_no_other_services_secrets(self, stack: Stack, service: Service) -> None:
        secrets = credentials_of(stack.run_dir)
        text = str(service_environment(stack, secrets, service))
        others = [
            name
            for one in MARKETPLACE.stateful
            if one != service
            for name in (f"{one.name}.django", f"{one.name}.database")
        ]
        assert [name for name in others if secrets[name] in text] == []

    def test_gives_way_to_the_users_own(self, stack: Stack) -> None:
        own = {"ORDERS_DATABASE_URL": "postgres://elsewhere/orders", "BROKER_URL": "amqp://elsewhere"}
        theirs = dataclasses.replace(stack, overrides=own)
        found = service_environment(theirs, credentials_of(stack.run_dir), ORDERS)
        assert own.items() <= found.items()
        assert database_url(theirs, credentials_of(stack.run_dir), ORDERS) == own["ORDERS_DATABASE_URL"]
        assert broker_url(theirs, credentials_of(stack.run_dir), ORDERS) == own["BROKER_URL"]

    def test_takes_only_what_is_meant_for_it(self) -> None:
        shell = {"ORDERS_HOLD_SECONDS": "5", "DJANGO_SETTINGS_MODULE": "x", "HOME": "/x", "EVENTS_PACE": "1"}
        assert overrides_from(shell) == {"ORDERS_HOLD_SECONDS": "5", "EVENTS_PACE": "1"}


class TestADashboard:
    def environment(self, stack: Stack, **overrides: str) -> dict[str, str]:
        theirs = dataclasses.replace(stack, overrides=overrides)
        found = service_environment(theirs, credentials_of(stack.run_dir), ORDERS)
        return {name: value for name, value in found.items() if name.startswith("OTEL_")}

    def test_is_where_every_service_sends_its_spans(self, stack: Stack) -> None:
        shown = dataclasses.replace(stack, dashboard=True)
        assert self.environment(shown) == {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{stack.ports['dashboard']}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        }

    def test_that_is_not_there_gets_nothing(self, stack: Stack) -> None:
        assert self.environment(stack) == {}
        assert "dashboard" not in {spec.name for spec in specs_of(stack, credentials_of(stack.run_dir))}

    def test_gives_way_to_the_users_own_exporter(self, stack: Stack) -> None:
        shown = dataclasses.replace(stack, dashboard=True)
        own = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://elsewhere:4318"}
        assert self.environment(shown, **own) == own
        assert self.environment(shown, OTEL_TRACES_SAMPLER="always_off").keys() == {
            *("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_TRACES_SAMPLER")
        }
        assert overrides_from({"OTEL_SDK_DISABLED": "true", "HOME": "/x"}) == {"OTEL_SDK_DISABLED": "true"}

    def test_is_one_more_process(self, stack: Stack) -> None:
        shown = dataclasses.replace(stack, dashboard=True)
        [spec] = [one for one in specs_of(shown, credentials_of(stack.run_dir)) if one.name == "dashboard"]
        assert spec.address == shown.dashboard_url


class TestTheParts:
    def test_wait_for_parts_that_come_before_them(self, stack: Stack) -> None:
        seen: set[str] = set()
        for spec in specs_of(stack, credentials_of(stack.run_dir)):
            assert seen.issuperset(spec.after)
            seen.add(spec.name)

    def test_declare_all_queues_before_any_worker_starts(self, stack: Stack) -> None:
        specs = specs_of(stack, credentials_of(stack.run_dir))
        queues = {f"{service.name}.topology" for service in MARKETPLACE.stateful}
        workers = [spec for spec in specs if spec.name.endswith((".relay", ".events", ".commands"))]
        assert len(workers) == 11
        assert all(queues.issubset(spec.after) for spec in workers)

    def test_leave_out_what_the_environment_gives(self, stack: Stack) -> None:
        own = {
            service.database_variable: f"postgres://elsewhere/{service.name}"
            for service in MARKETPLACE.stateful
        }
        theirs = dataclasses.replace(stack, overrides={**own, "STRIPE_API_KEY": "sk_test_mine"})
        names = {spec.name for spec in specs_of(theirs, credentials_of(stack.run_dir))}
        assert not names & {"postgres", "databases", "stripe"}


class TestUp:
    def test_refuses_a_live_stripe_key(self, run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STRIPE_API_KEY", "sk_live_123")
        with pytest.raises(LiveKey, match="never move real money"):
            up(UpOptions(run_dir=run_dir))


class TestAFingerprint:
    def test_changes_with_the_sources(self, tmp_path: Path) -> None:
        (tmp_path / "models.py").write_text("one")
        before = step_cache.combined((), (), [tmp_path])
        (tmp_path / "models.py").write_text("two")
        assert step_cache.combined((), (), [tmp_path]) != before

    def test_changes_when_a_place_is_made_anew(self, tmp_path: Path) -> None:
        data, other = tmp_path / "data", tmp_path / "other"
        data.mkdir()
        before = step_cache.combined((), [data])
        other.mkdir()
        shutil.rmtree(data)
        other.rename(data)
        assert step_cache.combined((), [data]) != before

    def test_stays_the_same_when_only_tests_change(self, tmp_path: Path) -> None:
        (tmp_path / "tests").mkdir()
        before = step_cache.combined((), (), [tmp_path])
        (tmp_path / "tests" / "test_x.py").write_text("new")
        assert step_cache.combined((), (), [tmp_path]) == before


class TestForget:
    def test_deletes_what_the_stack_wrote_and_nothing_else(self, run_dir: Path) -> None:
        stack = plan(run_dir, broker="embedded", any_port=True)
        stack.save()
        for folder in ("log", "heartbeats", "metrics"):
            (run_dir / folder).mkdir()
        (run_dir / "holiday.jpg").touch()
        forget(stack)
        assert [path.name for path in run_dir.iterdir()] == ["holiday.jpg"]


class TestTheFakeStripe:
    def test_takes_a_secret_that_begins_with_a_dash(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        secrets = Credentials({**credentials_of(stack.run_dir), "stripe.webhook": "-begins-with-a-dash"})
        bank = next(spec for spec in specs_of(stack, secrets) if spec.name == "stripe")
        monkeypatch.setattr("sys.argv", list(bank.command[2:]))
        assert fake_stripe._options().webhook_secret == "-begins-with-a-dash"
