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
# As long as the ingress waits for an answer: what has begun when we are told to stop is finished.
graceful_timeout = 30
# Longer than the ingress keeps its idle connections: it, not we, decides when one ends, so that no request is
# sent into a closing one.
keepalive = 130

# The access log is written by service_defaults.middleware.access_log, with the request's id.
accesslog = None
errorlog = "-"
control_socket_disable = True


def post_worker_init(worker: typing.Any) -> None:
    """Say when the application is loaded: from here on requests are answered."""
    worker.log.info("web ready.")


# Web requests alone are held to these: a statement or a lock that takes longer is a 503, not a lost thread.
os.environ.setdefault("PGOPTIONS", "-c statement_timeout=15s -c lock_timeout=5s")
