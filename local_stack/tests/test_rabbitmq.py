"""The private node's configuration; that it works is what the end-to-end tests show."""

import base64
import hashlib
import re
import stat

import pytest

from local_stack.backing import rabbitmq
from local_stack.credentials import credentials_of
from local_stack.stack import Stack
from local_stack.supervisor.launch import BrokerMissing, plan
from shared_events.transport import broker_rights


def permissions(stack: Stack, service: str) -> dict[str, str]:
    found = rabbitmq.definitions_of(stack, credentials_of(stack.run_dir))["permissions"]
    assert isinstance(found, list)
    return next(one for one in found if one["user"] == service)


class TestAUser:
    def test_may_do_anything_with_its_own(self, stack: Stack) -> None:
        rights = permissions(stack, "orders")
        assert all(re.match(rights[right], "orders.events.v2") for right in ("configure", "write", "read"))

    @pytest.mark.parametrize("name", ["domain_events", "catch_up", "celery_delayed_27"])
    def test_may_publish_on_what_is_shared_but_not_delete_it(self, stack: Stack, name: str) -> None:
        rights = permissions(stack, "orders")
        assert re.match(rights["write"], name)
        assert not re.match(rights["configure"], name)

    @pytest.mark.parametrize(
        "name", ["payments.events.v2", "payments.commands.v1", "xorders.events.v2", "other"]
    )
    def test_may_not_use_another_services_queues(self, stack: Stack, name: str) -> None:
        assert not any(
            re.match(permissions(stack, "orders")[right], name) for right in ("configure", "write", "read")
        )

    def test_may_answer_into_an_inbox_but_not_read_it(self, stack: Stack) -> None:
        found = permissions(stack, "orders")
        assert re.match(found["write"], "payments.inbox")
        assert not re.match(found["read"], "payments.inbox")

    def test_exists_for_each_service_and_no_other(self, stack: Stack) -> None:
        users = rabbitmq.definitions_of(stack, credentials_of(stack.run_dir))["users"]
        assert isinstance(users, list)
        assert {user["name"] for user in users} == {"auth", "tickets", "orders", "payments", "probe"}

    def test_is_known_by_a_salted_hash_only(self) -> None:
        raw = base64.b64decode(broker_rights.hash_password("secret"))
        assert raw[4:] == hashlib.sha256(raw[:4] + b"secret").digest()
        assert broker_rights.hash_password("secret") != broker_rights.hash_password("secret")


class TestTheConfiguration:
    def test_is_readable_by_its_owner_alone_and_may_be_written_again(self, stack: Stack) -> None:
        for _ in range(2):
            rabbitmq.write_configuration(stack, credentials_of(stack.run_dir))
        home = rabbitmq.home_of(stack)
        for name, mode in ((".erlang.cookie", 0o400), ("definitions.json", 0o600)):
            assert stat.S_IMODE((home / name).stat().st_mode) == mode

    def test_keeps_clear_of_other_nodes(self, stack: Stack) -> None:
        environment = rabbitmq.node_environment(stack)
        assert stack.id in environment["RABBITMQ_NODENAME"]
        assert environment["ERL_EPMD_PORT"] not in {"", "4369"}
        assert environment["HOME"] == str(rabbitmq.home_of(stack))


class TestAMachineWithoutRabbitMQ:
    @pytest.fixture(autouse=True)
    def _uninstalled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rabbitmq, "server_script", lambda: None)

    def test_gets_the_embedded_broker_and_the_reason(self, stack: Stack) -> None:
        found = plan(stack.run_dir, broker="auto", any_port=True)
        assert found.broker == "embedded"
        assert rabbitmq.INSTALL_COMMAND in found.broker_note

    def test_is_refused_when_the_user_chose_rabbitmq(self, stack: Stack) -> None:
        with pytest.raises(BrokerMissing, match=rabbitmq.INSTALL_COMMAND):
            plan(stack.run_dir, broker="rabbitmq", any_port=True)
