"""gunicorn's settings for every web process: `--config python:service_defaults.gunicorn`.

WEB_CONCURRENCY is the number of processes, WEB_THREADS that of threads in each.
"""

import os
import typing

from service_defaults import env

worker_class = "gthread"
workers = env.integer("WEB_CONCURRENCY", default=1, minimum=1)
threads = env.integer("WEB_THREADS", default=8, minimum=1)

timeout = 30
# As long as the ingress waits for a response: a request that has begun before the stop signal is finished.
graceful_timeout = 30
# Longer than the ingress keeps its idle connections: the ingress closes them, so no request is sent on a
# connection that this process is closing.
keepalive = 130

# The access log is written by service_defaults.middleware.access_log, with the request's id.
accesslog = None
errorlog = "-"
control_socket_disable = True


def post_worker_init(worker: typing.Any) -> None:
    """Serve the metrics, and log that the application is loaded: from here on requests are served."""
    # Here, and not in the arbiter: it needs neither Django nor this.
    from service_defaults import metrics

    metrics.serve()
    worker.log.info("web ready.")


# For web requests alone: a statement or a lock that takes longer ends in a 503 and frees its thread.
os.environ.setdefault("PGOPTIONS", "-c statement_timeout=15s -c lock_timeout=5s")
