"""Measurements that docs/benchmarks.md quotes, as ratios within one run: machines differ, ratios less."""
