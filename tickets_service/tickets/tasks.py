"""What tickets does by itself, on a timer."""

from service_defaults.idempotency.kept import forget_old_answers
from shared_events import sweeps

sweeps.every(seconds=600)(forget_old_answers)
