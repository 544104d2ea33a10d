"""The doors to what lies outside this process."""
