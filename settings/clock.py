"""How far apart two servers' clocks may be."""

# Seconds. A Sentinel that sees its clock jump by two seconds does nothing for thirty (SENTINEL_TILT_TRIGGER of
# sentinel.c); beside that is room for a look at a server that takes its time.
SKEW = 1.0
