"""The requirements' deployment checklist, each line ticked by asking the deployed environment."""
