"""What meeting servers say of how streams get through: records, and the alerts of those kinds that say it.

Upstream 3.4 has a score of each stream, 3.5 sums over an instance: of what it is sent alone. Scores are mediasoup's, 0
to 10. The users' own build is not known to say either: then there is no record, and nothing to show.
"""

from collections.abc import Iterator

from boot.monitoring.alert_rule import AlertRule
from boot.monitoring.alerts import Alert
from boot.monitoring.patience import Patience
from boot.monitoring.watched import Watched

# Of fewer people in an instance's meetings, one participant's own network would be told.
LEAST_PEOPLE = 4


def quality_records(watched: Watched) -> dict[str, str]:
    """Recording rules: of each instance, and of each site its worst."""
    # Sums over those who are there: they fall when somebody leaves, whose packets are no longer counted.
    window = f"[{watched.window}]"
    received = f"delta(mediasoup_packets_counts_in_sum{window})"
    lost = f"clamp_min(delta(mediasoup_packets_losts_in_sum{window}), 0)"
    fell = f"resets(mediasoup_packets_counts_in_sum{window}) > 0"
    return {
        "instance:loss:ratio": f"max by (site, server) ({lost} / ({lost} + ({received} > 0)) unless ({fell}))",
        # Sound: a layer of video that nobody sends counts as lost there. Without a stream the mean is 0.
        "instance:score": (
            "avg by (site, server) (mediasoup_consumer_score or "
            "(mediasoup_audio_scores_in_mean and mediasoup_audio_in_count > 0))"
        ),
        "site:loss:ratio": "max by (site) (instance:loss:ratio)",
        "site:score": "min by (site) (instance:score)",
    }


def quality_alert_rules(watched: Watched, waits: Patience) -> Iterator[AlertRule]:
    """None of a kind of server that does not say it."""
    limits, kind = watched.monitoring.thresholds, watched.env.meeting.kind
    people = f"sum by (site, server) (edumeet_peers or mediasoup_peers) >= {LEAST_PEOPLE}"
    if kind.losses:
        # While people leave there may be no figure.
        lately = f"last_over_time(instance:loss:ratio[{2 * watched.window_seconds}s])"
        yield AlertRule(
            Alert.PACKET_LOSS,
            f"{lately} > {limits.lost_percent / 100:g} and {people}",
            waits.load,
            "warning",
            "{{ $value | humanizePercentage }} of the packets that people send do not get to {{ $labels.server }}",
        )
    if kind.scores:
        yield AlertRule(
            Alert.POOR_QUALITY,
            f"instance:score < {limits.score} and {people}",
            waits.load,
            "warning",
            "streams through {{ $labels.server }} have a score of {{ $value | humanize }} of 10",
        )
