"""Commands of the storefront."""
