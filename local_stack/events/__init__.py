"""`events`: follow what the services tell each other, and look after it."""
