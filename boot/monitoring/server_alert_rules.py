"""The alerting rules about what servers have left: certificates, network, processors, memory, disk, clock, image."""

from collections.abc import Iterator

from boot.monitoring.alert_rule import AlertRule
from boot.monitoring.alerts import Alert
from boot.monitoring.patience import Patience
from boot.monitoring.watched import Watched
from settings.clock import SKEW
from settings.image import REMIND_DAYS


def server_alert_rules(watched: Watched, waits: Patience) -> Iterator[AlertRule]:
    """Of every server alike, and of the site's way out."""
    limits = watched.monitoring.thresholds
    fleet = 'min by (site, server) (probe_ssl_earliest_cert_expiry{job="instance"} - time()) / 86400'
    ends = "(min by (site, server) (relay_certificate_ends - time())) / 86400"
    relays = (ends,) if watched.env.meeting.relay else ()
    yield AlertRule(
        Alert.CERTIFICATE_EXPIRES,
        " or ".join(f"{left} < {limits.certificate_days}" for left in ("certificate:days_left", fleet, *relays)),
        waits.looks,
        "warning",
        "a certificate of {{ or $labels.server $labels.site }} ends in {{ $value | humanize }} days",
    )
    if watched.mbit:
        yield AlertRule(
            Alert.NETWORK_NEAR_GATEWAY_CAP,
            f"network:transmit:mbit > on (site) {limits.gateway_percent} / 100 * gateway:cap:mbit",
            waits.load,
            "warning",
            "{{ $labels.site }} sends {{ $value | humanize }} Mbit/s: its gateway's cap is near",
        )
    if watched.holds:
        yield AlertRule(
            Alert.CAPACITY_NEARLY_USED,
            f"meeting:peers > on (site) {limits.capacity_percent} / 100 * site:capacity:people",
            waits.load,
            "warning",
            "{{ $value }} people are in meetings at {{ $labels.site }}: it holds few more",
        )
    # What runs at a low priority gives way.
    left = f'rate(node_cpu_seconds_total{{mode=~"idle|nice"}}[{watched.window}])'
    idle = f"avg by (site, server) (sum without (mode) ({left})) * 100"
    yield AlertRule(
        Alert.CPU_SATURATED,
        f"{idle} < {100 - limits.cpu_percent}",
        waits.load,
        "warning",
        "{{ $labels.server }} has {{ $value | humanize }} % of its processors left",
    )
    yield AlertRule(
        Alert.MEMORY_LOW,
        f"node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes * 100 < {limits.memory_free_percent}",
        waits.restart,
        "warning",
        "{{ $labels.server }} has {{ $value | humanize }} % of its memory left",
    )
    root = 'mountpoint="/"'
    yield AlertRule(
        Alert.DISK_FULL,
        f"node_filesystem_avail_bytes{{{root}}} / node_filesystem_size_bytes{{{root}}} * 100 "
        f"< {limits.disk_free_percent}",
        waits.looks,
        "warning",
        "{{ $labels.server }} has {{ $value | humanize }} % of its disk left",
    )
    yield AlertRule(
        Alert.CLOCK_SKEWED,
        f"abs(node_time_seconds - timestamp(node_time_seconds)) > {SKEW:g}",
        waits.load,
        "warning",
        "the clock of {{ $labels.server }} is {{ $value | humanize }} s apart from the witness'",
    )
    # Whole days, as `make status` counts them.
    yield AlertRule(
        Alert.IMAGE_OLD,
        f"floor((time() - image:date:seconds) / 86400) > {REMIND_DAYS}",
        waits.looks,
        "warning",
        "servers of {{ $labels.site }} boot an image that is {{ $value }} days old, or older",
    )
    yield AlertRule(
        Alert.MONITORING_TARGET_MISSING,
        "up == 0",
        waits.restart,
        "warning",
        "{{ $labels.job }} of {{ $labels.server }} is not there to be asked",
    )
    yield AlertRule(Alert.WATCHDOG, "vector(1)", 0, "none", "monitoring lives: silence is the alarm")
