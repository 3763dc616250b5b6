"""The alerts that monitoring knows, each with the faults whose drill makes it fire."""

from enum import StrEnum

from recovery.fault import Fault


class Alert(StrEnum):
    """What monitoring may say; the values name rules, and in another spelling runbook entries."""

    INSTANCE_DOWN = "InstanceDown"
    ROOMS_DO_NOT_OPEN = "RoomsDoNotOpen"
    RELAY_DOWN = "RelayDown"
    EDGE_DOWN = "EdgeDown"
    HEALTH_SLOW = "HealthSlow"
    REDIS_MASTER_MISSING = "RedisMasterMissing"
    TWO_MASTERS = "TwoMasters"
    REDIS_REPLICA_MISSING = "RedisReplicaMissing"
    REDIS_REPLICATION_LAG = "RedisReplicationLag"
    SENTINEL_MISSING = "SentinelMissing"
    SENTINEL_QUORUM_LOST = "SentinelQuorumLost"
    REDIS_COMMAND_REFUSED = "RedisCommandRefused"
    ROOM_TABLES_DISAGREE = "RoomTablesDisagree"
    BACKBONE_UNREACHABLE = "BackboneUnreachable"
    DNS_ANSWERS_DIFFER = "DnsAnswersDiffer"
    CERTIFICATE_EXPIRES = "CertificateExpires"
    NETWORK_NEAR_GATEWAY_CAP = "NetworkNearGatewayCap"
    CAPACITY_NEARLY_USED = "CapacityNearlyUsed"
    CPU_SATURATED = "CpuSaturated"
    PACKET_LOSS = "PacketLoss"
    POOR_QUALITY = "PoorQuality"
    MEMORY_LOW = "MemoryLow"
    DISK_FULL = "DiskFull"
    CLOCK_SKEWED = "ClockSkewed"
    IMAGE_OLD = "ImageOld"
    MONITORING_TARGET_MISSING = "MonitoringTargetMissing"
    WATCHDOG = "Watchdog"
    NODE_FULL = "NodeFull"

    @property
    def anchor(self) -> str:
        """The name of its entry in the runbook."""
        return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in self.value).lstrip("-")


# The faults that have an alert fire while they last, the one first that `make drill-alerts` takes. One that heals by
# itself, such as a killed process, fires none unless it happens again and again. What is not here is rehearsed
# (`drill/rehearsals.py`).
FIRED_BY: dict[Alert, tuple[Fault, ...]] = {
    Alert.INSTANCE_DOWN: (Fault.MEETING_SERVER_HANGS, Fault.MEETING_SERVER_OFF, Fault.SITE_OFF),
    Alert.EDGE_DOWN: (Fault.SITE_ISOLATED, Fault.EDGE_LOST, Fault.SITE_OFF),
    Alert.REDIS_REPLICA_MISSING: (
        Fault.SITE_ISOLATED,
        Fault.REDIS_MASTER_PAUSED,
        Fault.REDIS_MASTER_OFF,
        Fault.TWO_IN_SEQUENCE,
    ),
    Alert.REDIS_REPLICATION_LAG: (Fault.BACKBONE_CUT,),
    Alert.SENTINEL_MISSING: (Fault.SENTINEL_LOST, Fault.REDIS_MASTER_OFF, Fault.REDIS_MASTER_PAUSED),
    Alert.ROOM_TABLES_DISAGREE: (Fault.BACKBONE_CUT,),
    Alert.BACKBONE_UNREACHABLE: (Fault.SITE_ISOLATED, Fault.SITE_OFF),
    Alert.DNS_ANSWERS_DIFFER: (Fault.NAMESERVER_LOST,),
    Alert.MONITORING_TARGET_MISSING: (Fault.MEETING_SERVER_OFF, Fault.EDGE_LOST, Fault.SITE_OFF),
    # By its silence: who watches is lost, and the dead man's switch says so.
    Alert.WATCHDOG: (Fault.WITNESS_LOST,),
}
