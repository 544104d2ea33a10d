"""The doors to what lies outside this process: the APIs behind the gateway."""
