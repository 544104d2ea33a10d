"""pytest plugin for the marketplace's suites: `-p tests.example_settings`.

Before Django's settings are read it fills the environment with example values that only its services need.
"""

import os
from collections.abc import Iterator

import pytest

_EXAMPLE = {
    "FRONTEND_API_BASE": "http://gateway.test",
    "STRIPE_API_KEY": "sk_test_only_for_tests",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_only_for_tests",
    "STRIPE_WEBHOOK_SECRET": "whsec_only_for_tests",
}


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Prepare the environment before pytest-django reads the settings."""
    os.environ.update(_EXAMPLE)
    return (yield)
