"""What a benchmark has a service do: run as `python -m` with that service's environment and settings."""
