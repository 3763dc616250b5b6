"""A deployed environment, asked and told: its stacks and their outputs, SSH, the cloud, each daemon, previews."""
