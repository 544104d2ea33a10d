"""The operators' guides: their code blocks, and the commands in these."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "how-to"

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
    """Return all of them."""
    return sorted(GUIDES.glob("*.md"))


def spans(page: str) -> list[str]:
    """Return what is set as code in running text."""
    return [re.sub(r"\s+", " ", one) for one in re.findall(r"`([^`]+)`", _BLOCK.sub("", page))]
