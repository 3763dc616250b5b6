"""Servers as system containers: Nova's driver, and what it drives. Under the distribution's Python."""
