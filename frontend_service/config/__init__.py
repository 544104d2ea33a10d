"""The Django project of the frontend."""
