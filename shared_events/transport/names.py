"""The names of what the services share on the broker, in plain Python: rights are given by them too."""

#: The exchange of events, with the stream as routing key, and that of requests to read a log again.
DOMAIN_EVENTS, CATCH_UP = "domain_events", "catch_up"

#: The key by which a service's relay has its own events worker, in its inbox, try parked events again.
REDRIVE_KEY = "redrive"


def queue_name(service: str, name: str) -> str:
    """Return the name of a service's queue (`events`, `inbox`, `catch_up`, `commands`).

    Queue arguments never change under a name: a new shape is a new version of the name.
    """
    return f"{service}.{name}.{'v1' if name == 'commands' else 'v2'}"


def inbox_name(service: str) -> str:
    """Return the name of the exchange on which a service gets answers to its catch-up requests."""
    return f"{service}.inbox"
