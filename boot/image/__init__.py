"""The image that servers of every role boot, and the builder that it is baked on."""
