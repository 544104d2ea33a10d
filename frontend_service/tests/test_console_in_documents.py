"""The documents, above all the alerts' runbooks, name pages of the console that exist."""

import re
from pathlib import Path

import pytest
from django.urls import resolve

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "SECURITY.md", *(REPOSITORY / "docs").rglob("*.md")]
_ADDRESS = re.compile(r"(?<![\w/])/console/[\w/-]*")


def addresses_in(document: Path) -> set[str]:
    """The console's addresses that a document names, without their queries."""
    return set(_ADDRESS.findall(document.read_text()))


NAMED = sorted({address for document in DOCUMENTS for address in addresses_in(document)})


@pytest.mark.parametrize("address", NAMED)
def test_every_address_of_the_console_in_the_documents_exists(address: str) -> None:
    assert resolve(address).url_name.startswith("console_")


def test_the_runbooks_name_some() -> None:
    assert addresses_in(REPOSITORY / "docs" / "how-to" / "operate.md") >= {"/console/", "/console/events"}
