"""The seed's deployment checklist, each line ticked by asking the deployed environment."""
