"""The dashboard of the local stack: its processes, logs, traces and event flow, in a browser."""
