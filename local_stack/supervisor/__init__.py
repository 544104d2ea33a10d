"""The background process of a stack, what it runs, and how it is started, reached and stopped."""
