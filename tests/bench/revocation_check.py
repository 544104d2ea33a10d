"""What it costs to ask whether a token still counts. Run with the tickets service's environment."""

import argparse
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from uuid import uuid4


def main() -> None:
    """Fill the table with `--rows` revocations, ask `--times` times, print, and empty it again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=2_000)
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tickets_service.config.settings"
    import django

    django.setup()
    measure(options.rows, options.times)


def measure(rows: int, times: int) -> None:
    """Print the median and p99 of one look, in milliseconds."""
    from service_defaults.revocation.checks import ensure_not_revoked
    from service_defaults.revocation.models import Revocation
    from service_defaults.tokens import Claims

    now = datetime.now(UTC)
    made = [Revocation(subject=uuid4(), not_before=now) for _ in range(rows)]
    Revocation.objects.bulk_create(made, batch_size=5_000)
    took = []
    for _ in range(times):
        claims = Claims(sub=uuid4(), sid=uuid4(), is_staff=False, iat=now, exp=now)
        began = time.perf_counter()
        ensure_not_revoked(claims)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    sys.stdout.write(
        f"  one look among {rows} revocations        median {statistics.median(took):.2f} ms, "
        f"p99 {took[int(times * 0.99) - 1]:.2f} ms\n"
    )
    Revocation.objects.all().delete()


if __name__ == "__main__":
    main()
