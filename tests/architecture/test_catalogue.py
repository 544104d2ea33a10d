"""The checked-in event catalogue says what the code says, and a published version keeps its meaning."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from local_stack.systems import Service
from local_stack.systems.marketplace import MARKETPLACE

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "docs" / "reference" / "events"
GOLDEN = sorted((ROOT / "tests" / "contracts" / "golden").glob("*.json"))


def catalogue(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.contracts.catalogue", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The catalogue at a place where it may be changed."""
    return Path(shutil.copytree(CATALOGUE, tmp_path / "events"))


class TestTheCatalogue:
    def test_is_what_the_code_says(self) -> None:
        done = catalogue("--check")
        assert done.returncode == 0, done.stderr

    def test_is_found_to_differ(self, copy: Path) -> None:
        (copy / "asyncapi.json").write_text("{}")
        done = catalogue("--check", "--into", str(copy))
        assert done.returncode == 1
        assert "asyncapi.json is not what the code says; run: ./manage_all.py events catalogue" in done.stderr

    def test_is_not_rewritten_by_an_incompatible_change(self, copy: Path) -> None:
        """As if the code had dropped a field and narrowed another of what was published."""
        place = copy / "schemas" / "order.completed.v1.json"
        published = json.loads(place.read_text())
        published["properties"] |= {"seat": {"type": "string"}, "user_id": {"type": "string"}}
        place.write_text(json.dumps(published))
        done = catalogue("--into", str(copy))
        assert done.returncode == 1
        assert "order.completed.v1.json: the event has lost `seat`" in done.stderr
        assert "`user_id` of the event was" in done.stderr
        assert "give the event a new schema_version" in done.stderr
        assert json.loads(place.read_text()) == published

    def test_takes_a_compatible_change(self, copy: Path) -> None:
        """As if the code had got a new field with a default, and other words."""
        place = copy / "schemas" / "ticket.created.v1.json"
        published = json.loads(place.read_text())
        del published["properties"]["venue"]
        place.write_text(json.dumps(published | {"description": "Older words."}))
        assert catalogue("--into", str(copy)).returncode == 0
        assert "venue" in json.loads(place.read_text())["properties"]

    @pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
    def test_describes_every_golden_event_of_every_version(self, golden: Path) -> None:
        schema = json.loads((CATALOGUE / "schemas" / golden.name).read_text())
        jsonschema.validate(json.loads(golden.read_text()), schema)


class TestTheBrokersRights:
    """What the local stack grants is what the code needs, and no more."""

    @pytest.mark.parametrize("service", MARKETPLACE.stateful, ids=lambda service: service.name)
    def test_follow_the_code(self, service: Service) -> None:
        operations = json.loads((CATALOGUE / "asyncapi.json").read_text())["operations"]
        mine = [name.split(".") for name in operations if name.startswith(f"{service.name}.")]
        assert service.publishes == tuple(stream for _, what, stream in mine if what == "publish")
        assert service.follows == tuple(sorted(stream for _, what, stream in mine if what == "follow"))
