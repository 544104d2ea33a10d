"""What a drill brings along: a service that hears everything, and fault_injection on the road."""
