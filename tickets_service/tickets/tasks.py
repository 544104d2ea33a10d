"""What tickets does by itself, on a timer."""

from service_defaults.idempotency.kept import forget_old_answers
from service_defaults.rate_limits.counting import forget_old_usages
from service_defaults.revocation.operations import forget_old_revocations
from shared_events import sweeps

sweeps.every(seconds=600)(forget_old_answers)
sweeps.every(seconds=600)(forget_old_revocations)
sweeps.every(seconds=600)(forget_old_usages)
