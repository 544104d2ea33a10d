"""The test suites: which there are, how they are run, and what `lint` checks."""
