"""A site is rolled: drained, applied and put back, while the other one serves."""
