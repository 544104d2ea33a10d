"""A small service with every default, for the tests of `service_defaults`."""
