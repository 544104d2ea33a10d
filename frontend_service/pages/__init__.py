"""The pages: one module of views per thing a visitor does."""
