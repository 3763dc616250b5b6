"""The failover drill: faults on a deployed environment, and what its clients notice of them, measured."""
