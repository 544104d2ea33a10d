"""The faults of the drill: what is broken, where, and how often."""

import signal

from tests.chaos.exhaustion import (
    broker_disk_full,
    broker_stuck,
    database_disk_full,
    files_disk_full,
    memory_alarm,
)
from tests.chaos.faults import (
    Fault,
    away,
    delete_queues,
    fall_behind,
    fault_injection,
    kill,
    kill_at,
    kill_web_at,
    replay_all,
    slow_at,
    wipe_broker,
)
from tests.chaos.freezing import freeze, freeze_in_batch
from tests.chaos.outage import broker_away_for_a_minute
from tests.chaos.restoring import restored

FAULTS = (
    Fault(
        name="killed before commit", where="orders.web", times=3, quick=True,
        act=kill_web_at("orders.web", "record.uncommitted"),
    ),
    Fault(
        name="killed after commit", where="orders.web", times=3, quick=True,
        act=kill_web_at("orders.web", "record.committed"),
    ),
    Fault(
        name="killed before commit", where="tickets.web", times=3,
        act=kill_web_at("tickets.web", "record.uncommitted"),
    ),
    Fault(
        name="killed before commit", where="payments.web", times=3,
        act=kill_web_at("payments.web", "record.uncommitted"),
    ),
    Fault(
        name="killed after commit", where="payments.web", times=3,
        act=kill_web_at("payments.web", "record.committed"),
    ),
    Fault(
        name="killed after sequencing", where="orders.relay", times=3,
        act=kill_at("orders.relay", "relay.sequenced"),
    ),
    Fault(
        name="killed before the confirm", where="orders.relay", times=3, only="rabbitmq", quick=True,
        act=kill_at("orders.relay", "relay.unconfirmed"),
    ),
    Fault(
        name="killed before the mark", where="orders.relay", times=3, quick=True,
        act=kill_at("orders.relay", "relay.confirmed"),
    ),
    Fault(
        name="killed after a command", where="payments.relay", times=3,
        act=kill_at("payments.relay", "relay.command_sent"),
    ),
    Fault(
        name="killed before commit", where="tickets.events", times=3,
        act=kill_at("tickets.events", "deliver.uncommitted"),
    ),
    Fault(
        name="killed before the ack", where="orders.events", times=3, quick=True,
        act=kill_at("orders.events", "deliver.unacknowledged", chance=0.05),
    ),
    Fault(
        name="killed before the ack", where="audit.events", times=3,
        act=kill_at("audit.events", "deliver.unacknowledged", chance=0.05),
    ),
    Fault(name="killed", where="payments.commands", times=3, quick=True, act=kill("payments.commands")),
    Fault(name="killed", where="orders.commands", times=2, act=kill("orders.commands")),
    Fault(name="killed", where="stripe", times=2, act=kill("stripe")),
    Fault(
        name="delayed", where="tickets.events",
        act=slow_at("tickets.events", "deliver.uncommitted", seconds=8),
    ),
    Fault(name="broker killed", where="rabbitmq", only="rabbitmq", quick=True, act=kill("rabbitmq")),
    Fault(name="broker restarted", where="rabbitmq", only="rabbitmq", act=away("rabbitmq", seconds=5)),
    Fault(
        name="broker away for a minute", where="rabbitmq", only="rabbitmq", act=broker_away_for_a_minute,
    ),
    Fault(name="broker stuck", where="rabbitmq", only="rabbitmq", quick=True, act=broker_stuck),
    Fault(name="memory alarm", where="rabbitmq", only="rabbitmq", act=memory_alarm),
    Fault(name="disk full", where="rabbitmq", only="rabbitmq", mounts=True, act=broker_disk_full),
    Fault(name="disk full", where="embedded broker", only="embedded", mounts=True, act=files_disk_full),
    Fault(name="disk full", where="postgres", mounts=True, act=database_disk_full),
    Fault(name="frozen", where="orders.web", act=freeze("orders.web")),
    Fault(name="frozen", where="orders.relay", quick=True, act=freeze("orders.relay")),
    Fault(name="frozen", where="payments.commands", act=freeze("payments.commands")),
    Fault(
        name="frozen with the cursor locked", where="tickets.events",
        act=freeze_in_batch("tickets.events"),
    ),
    Fault(name="broker wiped", where="the broker", quick=True, act=wipe_broker),
    Fault(name="queues deleted", where="orders, tickets", only="rabbitmq", act=delete_queues),
    Fault(name="database stopped", where="postgres", quick=True, act=kill("postgres", signal.SIGQUIT)),
    Fault(
        name="cut off", where="payments",
        act=away("payments.relay", "payments.events", "payments.commands", "payments.web", seconds=8),
    ),
    Fault(name="doubled", where="order stream", times=3, quick=True, act=fault_injection("orders", "repeat")),
    Fault(
        name="reversed", where="ticket stream", quick=True,
        act=fault_injection("tickets", "repeat", "--reversed"),
    ),
    Fault(name="late by far", where="order stream", act=fault_injection("orders", "repeat", "--first")),
    Fault(
        name="forged key", where="order stream", only="rabbitmq", quick=True,
        act=fault_injection("tickets", "forge", "--stream", "order", "--key", "order", refused=True),
    ),
    Fault(
        name="forged stream", where="order stream", quick=True,
        act=fault_injection("tickets", "forge", "--stream", "order"),
    ),
    Fault(name="garbled", where="ticket stream", times=3, act=fault_injection("tickets", "garble")),
    Fault(
        name="poisoned", where="ticket stream", times=2, quick=True, act=fault_injection("tickets", "poison")
    ),
    Fault(
        name="unknown version", where="order stream",
        act=fault_injection("orders", "poison", "--version", "99"),
    ),
    Fault(name="restored from a dump", where="auth", act=restored("auth")),
    Fault(name="restored from a dump", where="tickets", act=restored("tickets")),
    Fault(name="restored from a dump", where="orders", quick=True, act=restored("orders")),
    Fault(name="restored from a dump", where="payments", act=restored("payments")),
    Fault(name="replayed from 1", where="all streams", quick=True, act=replay_all),
    Fault(name="10,000 behind", where="orders, audit", act=fall_behind),
)  # fmt: skip
