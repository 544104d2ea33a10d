"""The guides of `docs/how-to`: their code blocks, and the commands in these."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "how-to"
#: The developers' guides, which are followed in a copy, and how many files each may have one change by hand.
CHANGES = {"change-a-listing": 6, "change-cancel-reasons": 3, "change-commands": 1, "change-services": 6}

_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
#: Where a command goes on in the next line: after a backslash or a pipe.
_GOES_ON = re.compile(r"(\\|\|)$")


def blocks(page: str) -> list[str]:
    """Return the blocks that are meant to be typed: those of kind `sh`, and of none."""
    found = list(_BLOCK.finditer(page))
    return [
        re.sub(f"^{one['indent']}", "", one["body"], flags=re.MULTILINE)
        for one in found
        if one["kind"] in {"", "sh"}
    ]


def commands(block: str) -> list[str]:
    """Return a block's commands, each as it stands, with all of its lines."""
    found, begun = [], ""
    for line in block.splitlines():
        begun += line
        if _GOES_ON.search(line):
            begun += "\n"
        elif begun.strip():
            found.append(begun)
            begun = ""
    return found


def block_with(guide: str, words: str) -> str:
    """Return the one block of a guide that has these words in it."""
    [block] = [block for block in blocks((GUIDES / guide).read_text()) if words in block]
    return block


def guides() -> list[Path]:
    """Return the operators' guides."""
    return sorted(path for path in GUIDES.glob("*.md") if path.stem not in CHANGES)


def diffs(page: str) -> list[str]:
    """Return a page's blocks of kind `diff`."""
    return [one["body"] for one in _BLOCK.finditer(page) if one["kind"] == "diff"]


def changed_files(page: str) -> set[str]:
    """Return the files that a page's diffs change."""
    return {path for diff in diffs(page) for path in re.findall(r"^\+\+\+ b/(.+)$", diff, re.MULTILINE)}


def spans(page: str) -> list[str]:
    """Return what is set as code in running text."""
    return [re.sub(r"\s+", " ", one) for one in re.findall(r"`([^`]+)`", _BLOCK.sub("", page))]
