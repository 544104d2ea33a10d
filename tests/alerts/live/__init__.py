"""Every alert raised for real: a Prometheus that watches a stack which is broken and mended."""
