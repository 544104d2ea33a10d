"""What is installed: the lock files, and how the virtual environment is made from them."""
