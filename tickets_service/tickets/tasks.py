"""What tickets does by itself, on a timer."""

from service_defaults.idempotency.store import purge_old_records
from service_defaults.rate_limits.counting import purge_old_usages
from service_defaults.revocation.operations import purge_old_revocations
from shared_events import sweeps

sweeps.every(seconds=600)(purge_old_records)
sweeps.every(seconds=600)(purge_old_revocations)
sweeps.every(seconds=600)(purge_old_usages)
