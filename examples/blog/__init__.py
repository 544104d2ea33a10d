"""A blog of four services on `shared_events`, without anything of the marketplace."""
