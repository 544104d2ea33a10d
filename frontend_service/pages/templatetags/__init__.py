"""What templates need to say things to people."""
