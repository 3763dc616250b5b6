"""Images of the project's own, baked on a builder in each region."""
