"""What `pulumi preview --json --show-sames` says of a site, read: what changes, as lines of a document."""
