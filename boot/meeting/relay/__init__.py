"""TURN on a meeting node: coturn, which relays to the node's own instance alone, and what watches it."""
