"""UUIDv7 ids of a given age."""

import secrets
import time
from uuid import UUID


def uuid7(*, age: float = 0.0) -> UUID:
    """Return a UUIDv7 (RFC 9562) made that many seconds ago."""
    milliseconds = int((time.time() - age) * 1000)
    number = milliseconds << 80 | secrets.randbits(80)
    return UUID(int=number & ~(0xF << 76 | 0x3 << 62) | 0x7 << 76 | 0x2 << 62)
