"""How the marketplace is deployed, and the passwords and keys of a deployment."""
