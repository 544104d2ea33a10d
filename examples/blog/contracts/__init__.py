"""The contracts of the blog's events: one module per publisher."""
