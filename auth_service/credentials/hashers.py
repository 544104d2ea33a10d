"""The password hasher: Argon2id with OWASP's parameters."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id at OWASP's recommended minimum: 19 MiB, two passes, one lane; about 26 ms of one core."""

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1
