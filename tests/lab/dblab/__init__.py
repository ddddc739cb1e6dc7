"""A little internet in network namespaces, to break on purpose and to capture."""
