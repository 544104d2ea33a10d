"""The routes under /api/users."""
