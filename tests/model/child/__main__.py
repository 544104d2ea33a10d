"""Loads the service once and forks a worker from it; where the worker was killed, the next one takes over.

Forking makes a restart a matter of milliseconds: a worker remembers nothing but what its database holds.
"""

import os
import signal
import sys

import django

from service_defaults import clock as service_clock
from tests.model.child.pipe import Clock


def main(service: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = f"{service}_service.config.settings"
    clock = Clock()
    # Before any module of the service takes the function from there.
    service_clock.database_now = clock
    django.setup()
    from tests.model.child.worker import work

    while True:
        worker = os.fork()
        if worker == 0:
            work(service, clock)
        _, status = os.waitpid(worker, 0)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(sys.argv[1])
