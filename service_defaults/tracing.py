"""Traces by OpenTelemetry, for every kind of process: off unless a standard variable names where they go.

OTEL_EXPORTER_OTLP_ENDPOINT (or …_TRACES_ENDPOINT) is the address, http/protobuf the protocol.
OTEL_TRACES_SAMPLER and the other variables of OpenTelemetry's specification count, too. Whether a trace is
sampled is decided once, where it begins, and goes with it through the services.
"""

from service_defaults import env

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def is_wanted() -> bool:
    """Whether the environment names where traces go. Raises ImproperlyConfigured."""
    is_disabled = env.boolean("OTEL_SDK_DISABLED", default=False)
    return not is_disabled and any(env.text(name) for name in _ENDPOINTS)


def start(service: str, process: str) -> None:
    """Begin to trace this process as `<service>.<process>`; do nothing where no traces are wanted.

    Call it before Django loads its middleware. Raises ImproperlyConfigured.
    """
    if is_wanted():
        # Here, because a process without traces is to be without the SDK's megabytes.
        from service_defaults import span_export

        span_export.start(service, process)
