"""The guide for operators, as the drill follows it: word by word."""

import re

from local_stack.stack import REPOSITORY

GUIDE = REPOSITORY / "docs" / "how-to" / "back-up-and-restore.md"
_SECTION = re.compile(r"^#{2,4} (?P<heading>.+?)\n(?P<text>.*?)(?=^#{2,4} |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(heading: str) -> str:
    """Return the commands of a section of the guide on backups, as they stand there.

    Raises LookupError when there is no such section, or nothing to be typed in it.
    """
    for section in _SECTION.finditer(GUIDE.read_text()):
        if section["heading"] == heading:
            blocks = _BLOCK.findall(section["text"])
            if blocks:
                return "\n".join(blocks)
    raise LookupError(f"{GUIDE.name} says under {heading!r} nothing that could be typed")
