"""Redis with Sentinel or as a cluster, on service sites and on the witness; the scripts beside their renderer."""
