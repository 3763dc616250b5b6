"""Two drilled faults: one within its budgets, one that missed some and had trouble."""

from drill.record import Drilled, Mark, Measure, Report, Span

KEPT = Drilled(
    name="redis-master-off",
    title="The Redis master's server is off",
    done="powered off lab-gra-redis-1",
    measures=(
        Measure("detect", "s", 3.44, 4.5),
        Measure("join", "s", 1.2, None),
        Measure("write", "s", 5.7, 8.0),
        Measure("writes lost", "", 0, 0),
        Measure("full redundancy", "s", 95.2, 300),
    ),
    lanes=("pages, gra first", "pages, sbg first", "rooms", "writes, sbg"),
    spans=(Span("rooms", 2.0, 3.2), Span("writes, sbg", 0.2, 5.9)),
    marks=(
        Mark(0, "", "powered off"),
        Mark(3.4, "", "Sentinels agree"),
        Mark(5.2, "writes, sbg", "lab-sbg-redis-1 is the master"),
        Mark(95.2, "", "all redundant"),
    ),
    healed=41.0,
    seconds=95.2,
)
MISSED = Drilled(
    name="site-isolated",
    title="A site is cut off",
    done="pulled both cables of lab-gra",
    measures=(
        Measure("page", "s", 12.84, 10, ("edge.dial_timeout", "dns.check.interval")),
        Measure("write", "s", None, 7, ("redis.down_after",)),
        Measure("media", "s", 14, 15, ("edge.room_table.fall",)),
        Measure("websockets dropped", "", 3, None),
        Measure("two masters", "s", 0, 0),
        Measure("answers by a stranger", "", 1, 0),
    ),
    lanes=("pages", "media", "writes"),
    spans=(Span("pages", 0.1, 12.94), Span("media", 0.3, 14.3), Span("writes", 0.5, 60.0)),
    marks=(Mark(40.0, "", "cables back"),),
    healed=40.0,
    seconds=60.0,
    problems=("nobody | took <a> write on the\ncut side",),
)
REPORT = Report(
    environment="lab",
    target="the lab, seven emulated servers on one machine",
    begun="2026-11-23T07:24:00+01:00",
    seconds=2412.0,
    drilled=(KEPT, MISSED),
)
