"""What proves who somebody is: password hashes, signed tokens, an operator's session."""
