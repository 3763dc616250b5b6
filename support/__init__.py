"""What the engine, the lab and the operators' commands share: where caches live, and how long work shows itself."""
