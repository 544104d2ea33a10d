"""What an administrator does by hand."""
