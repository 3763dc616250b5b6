"""Pulumi component resources, and nothing else."""
