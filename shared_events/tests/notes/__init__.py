"""A tiny service that both publishes and follows one stream, for the library's own tests."""
