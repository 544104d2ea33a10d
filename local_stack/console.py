"""What the commands print: plain into a file or a pipe, with colour and a spinner on a terminal."""

from rich.console import Console

_WIDE = 160

out = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)
if not out.is_terminal:
    out.width = _WIDE  # no line of a table should be cut for a pipe


def duration(seconds: float) -> str:
    """Return a time span in the largest unit that fits, such as `42 s`, `3 min` or `5 h`."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def megabytes(count: float) -> str:
    """Return a number of bytes in megabytes."""
    return f"{count / 1_000_000:.0f} MB"
