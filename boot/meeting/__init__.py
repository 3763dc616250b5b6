"""A meeting node: the meeting server's configuration, and how it finds Redis."""
