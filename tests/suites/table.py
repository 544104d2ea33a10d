"""The table of test suites: what runs in a process of its own, and what it needs."""

from dataclasses import dataclass

from local_stack.systems import Service
from local_stack.systems.blog import BLOG
from local_stack.systems.marketplace import MARKETPLACE
from local_stack.user_errors import UserError


class UnknownSuite(UserError):
    """A suite that was requested by name and isn't in the table."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """One pytest process.

    `database` names the environment variable for its database's address. A suite with a `broker` starts whole
    stacks on it, after the others; one with a `browser` drives Chromium, one with `promtool` checks
    Prometheus's rules, and runs a Prometheus too where it has a `broker`. `slow` suites run only when they
    are named.
    """

    name: str
    #: Which of `requirements.locks.LOCKS` it needs.
    lock: str = "test"
    paths: tuple[str, ...]
    settings: str = ""
    database: str = ""
    plugins: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    broker: str = ""
    browser: bool = False
    promtool: bool = False
    slow: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return what pytest is called with."""
        settings = (f"--ds={self.settings}",) if self.settings else ()
        plugins = tuple(part for plugin in self.plugins for part in ("-p", plugin))
        return (*self.paths, *settings, *plugins, *self.options)


#: What puts values into the environment before the marketplace's settings are read.
_OF_MARKETPLACE = ("service_defaults.testing", "tests.example_settings")


def _of_service(service: Service) -> Suite:
    # Every service reads every golden event that it may receive, and has its rows of the access table.
    shared = ("tests/contracts", "tests/access", "marketplace/staff") if service.stateful else ()
    followers = ("marketplace/users", "tests/revocation") if "user" in service.follows else ()
    return Suite(
        name=service.name,
        paths=(service.package, *shared, *followers),
        settings=f"{service.package}.config.settings",
        database=service.database_variable if service.stateful else "",
        plugins=_OF_MARKETPLACE,
    )


def _of_blog(service: Service) -> Suite:
    return Suite(
        name=f"blog-{service.name}",
        paths=(service.folder, "examples/blog/tests/test_table.py"),
        settings=f"{service.package}.config.settings",
        database=service.database_variable,
        plugins=("service_defaults.testing",),
    )


SUITES = (
    *(_of_service(service) for service in MARKETPLACE.services),
    Suite(
        name="shared_events",
        paths=("shared_events",),
        settings="shared_events.tests.settings",
        database="EVENTS_DATABASE_URL",
    ),
    Suite(
        name="service_defaults",
        paths=("service_defaults",),
        settings="service_defaults.tests.settings",
        database="DEFAULTS_DATABASE_URL",
        plugins=("service_defaults.testing",),
    ),
    Suite(
        name="local_stack",
        paths=("local_stack", "inspection", "requirements", "deploy", "scaffold", "tests/suites"),
    ),
    Suite(name="fake_stripe", paths=("fake_stripe",)),
    Suite(name="architecture", paths=("tests/architecture",)),
    Suite(
        name="documents",
        paths=tuple(
            f"tests/documents/test_{name}.py"
            for name in (
                "glossary",
                "reader",
                "guides",
                "changes",
                "metrics",
                "shared_events",
                "back_up_and_restore",
            )
        ),
        database="DOCUMENTS_DATABASE_URL",
    ),
    *(_of_blog(service) for service in BLOG.running),
    Suite(name="blog", paths=("examples/blog/tests/test_contracts.py", "examples/blog/tests/test_size.py")),
    Suite(name="deployment", paths=("tests/deployment",)),
    Suite(name="alerts", paths=("tests/alerts",), options=("--ignore=tests/alerts/live",), promtool=True),
    # A quarter of an hour or more: each alert fires on a real fault, and goes out.
    Suite(
        name="alerts-live",
        paths=("tests/alerts/live/test_faults.py",),
        options=("--timeout=2400", "-s"),
        broker="rabbitmq",
        promtool=True,
        slow=True,
    ),
    # Ten minutes of normal operation, in which none does.
    Suite(
        name="alerts-quiet",
        paths=("tests/alerts/live/test_quiet.py",),
        broker="rabbitmq",
        promtool=True,
        slow=True,
    ),
    Suite(
        name="short-model",
        paths=("tests/model",),
        database="MODEL_DATABASE_URL",
        plugins=_OF_MARKETPLACE,
        options=("-m", "not long"),
    ),
    # Ten times as many steps, models with more faults, and each model without its guards.
    Suite(
        name="model",
        paths=("tests/model",),
        database="MODEL_DATABASE_URL",
        plugins=_OF_MARKETPLACE,
        options=("--hypothesis-profile=model",),
        slow=True,
    ),
    Suite(name="restart", paths=("tests/restart",), broker="rabbitmq", options=("--timeout=600",), slow=True),
    # Builds every image and runs the marketplace from them, as root, with buildah: minutes.
    Suite(name="ship", paths=("tests/ship",), options=("--timeout=900",), slow=True),
    # Minutes: generated requests for every API.
    Suite(name="fuzz", paths=("tests/fuzz",), options=("--timeout=600",), broker="embedded", slow=True),
    Suite(
        name="e2e-embedded",
        paths=("tests/e2e",),
        options=("--ignore=tests/e2e/test_faults.py",),
        broker="embedded",
    ),
    # Two minutes: the same faults as on RabbitMQ.
    Suite(name="faults-embedded", paths=("tests/e2e/test_faults.py",), broker="embedded", slow=True),
    Suite(name="blog-e2e", paths=("examples/blog/tests/test_running.py",), broker="embedded"),
    # The tutorial's reader formats what they write. A minute, on whatever broker a newcomer would get.
    Suite(
        name="tutorial", lock="dev", paths=("tests/documents/test_add_a_service.py",), broker="any", slow=True
    ),
    # Each guide for a change, followed in a copy of the repository: minutes.
    Suite(name="changes", lock="dev", paths=("tests/changes",), options=("--timeout=240",), slow=True),
    # What the broker has no part in (bad input, walls) was seen there already.
    Suite(
        name="e2e-rabbitmq",
        paths=(
            *(f"tests/e2e/test_{name}.py" for name in ("purchase", "broker_rights", "rush", "faults")),
            "tests/documents/test_passwords.py",
        ),
        broker="rabbitmq",
    ),
    Suite(
        name="browser", lock="browser", paths=("tests/browser",), broker="embedded", browser=True, slow=True
    ),
)
