"""Rules about the services' shape that the import contracts don't say."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = sorted(path.name for path in ROOT.glob("*_service"))
LIBRARIES = ("contracts", "marketplace", "shared_events", "service_defaults")
TOOLS = ("local_stack", "inspection", "requirements", "deploy", "scaffold")
PYTHON = [
    path
    for package in (*SERVICES, *LIBRARIES, *TOOLS, "examples", "tests")
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts
]


class TestEveryService:
    @pytest.mark.parametrize("service", SERVICES)
    def test_has_the_same_rooms(self, service: str) -> None:
        needed = ["manage.py", "config/settings.py", "config/urls.py", "config/wsgi.py", "tests"]
        if service != "frontend_service":
            needed.append("config/celery.py")
        assert [room for room in needed if not (ROOT / service / room).exists()] == []

    @pytest.mark.parametrize("service", SERVICES)
    def test_has_locked_requirements(self, service: str) -> None:
        name = service.removesuffix("_service")
        lock = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert (ROOT / "requirements" / f"{name}.in").exists()
        assert lock.count("--hash=sha256:") > lock.count("==")


class TestTheCode:
    def test_has_no_room_without_a_name(self) -> None:
        nameless = {"utils", "common", "helpers", "misc"}
        assert [path for path in PYTHON if nameless & {path.stem, *path.relative_to(ROOT).parts}] == []

    def test_names_no_package_registry_and_no_path_of_a_machine(self) -> None:
        texts = [
            *PYTHON,
            *(path for path in (ROOT / "requirements").iterdir() if path.is_file()),
            ROOT / "pyproject.toml",
            ROOT / ".ci" / "run",
        ]
        telling = re.compile(r"pypi\.|pythonhosted|/root/|/home/\w|index-url +http", re.IGNORECASE)
        here = Path(__file__)
        assert [path for path in texts if path != here and telling.search(path.read_text())] == []

    def test_of_the_frontend_touches_no_database(self) -> None:
        own = [path for path in PYTHON if path.is_relative_to(ROOT / "frontend_service")]
        assert own
        assert [path for path in own if "django.db" in path.read_text()] == []

    def test_never_retries_an_event_task_through_celery(self) -> None:
        """A retry republishes to the topic exchange: every service would get a copy."""
        source = (ROOT / "shared_events" / "tasks.py").read_text()
        assert "retry" not in {
            node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)
        }
        assert "autoretry_for" not in source
