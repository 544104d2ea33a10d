"""Where each process serves its metrics, and where the processes of a pool write theirs."""

import shutil
from pathlib import Path

from local_stack.stack import Stack, metrics_port
from local_stack.systems import Service


def environment(stack: Stack, service: Service, process: str) -> dict[str, str]:
    """Return the variables for it of one of a service's processes."""
    address = {"METRICS_BIND": f"127.0.0.1:{stack.ports[metrics_port(service, process)]}"}
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(_folder(stack, service))}
    return address | (shared if process == "commands" else {})


def forget(stack: Stack, service: Service) -> None:
    """Remove what an earlier pool of the service has counted."""
    shutil.rmtree(_folder(stack, service), ignore_errors=True)
    _folder(stack, service).mkdir(parents=True)


def _folder(stack: Stack, service: Service) -> Path:
    return stack.run_dir / "metrics" / service.name
