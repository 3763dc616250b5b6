"""The operators' commands, and what `pulumi up` calls: secrets, image ids, readiness, status."""
