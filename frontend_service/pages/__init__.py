"""The pages: one module of views per use case."""
