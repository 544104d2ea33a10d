"""What every service does by itself, on a timer: delete what is no longer needed."""

from django.apps import apps

from service_defaults.rate_limits.counting import purge_old_usages
from shared_events import sweeps

EVERY_SECONDS = 600

sweeps.every(seconds=EVERY_SECONDS)(purge_old_usages)

if apps.is_installed("service_defaults.idempotency"):
    from service_defaults.idempotency.store import purge_old_records

    sweeps.every(seconds=EVERY_SECONDS)(purge_old_records)

if apps.is_installed("service_defaults.revocation"):
    from service_defaults.revocation.operations import purge_old_revocations

    sweeps.every(seconds=EVERY_SECONDS)(purge_old_revocations)
