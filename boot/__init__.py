"""Boot documents: from settings and addresses to the cloud-config text that a server boots. Pure, and without Pulumi.

The same inputs give the same bytes: no clock, no randomness, no salt. Anything else would replace servers for nothing.
"""
