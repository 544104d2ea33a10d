"""What a drill brings along: a service that hears everything, and mischief on the road."""
