"""New services: what they are made of, and the command that makes one."""
