"""Contracts are wherever a system keeps them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared_events import contracts

MODULE = """
from shared_events.contracts import Event, contract


@contract
class {name}(Event, frozen=True):
    pass
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A system's package of contracts, with a package inside."""
    home = tmp_path / "letters"
    (home / "slow").mkdir(parents=True)
    (home / "__init__.py").touch()
    (home / "slow" / "__init__.py").touch()
    (home / "card.py").write_text(MODULE.format(name="CardSent"))
    (home / "slow" / "parcel.py").write_text(MODULE.format(name="ParcelSent"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(contracts, "_contracts", contracts.published_events())
    yield home.name
    for name in [name for name in sys.modules if name.partition(".")[0] == home.name]:
        del sys.modules[name]


class TestLoad:
    def test_makes_all_contracts_of_a_package_known(self, package: str) -> None:
        contracts.load([package])
        assert contracts.published_events().keys() >= {"card.sent", "parcel.sent"}

    def test_takes_single_modules_too(self, package: str) -> None:
        contracts.load([f"{package}.card"])
        known = contracts.published_events().keys()
        assert "card.sent" in known
        assert "parcel.sent" not in known

    def test_refuses_a_name_that_leads_nowhere(self) -> None:
        with pytest.raises(ModuleNotFoundError, match="nowhere"):
            contracts.load(["nowhere.to.be.found"])
