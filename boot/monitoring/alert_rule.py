"""An alerting rule of Prometheus'."""

from dataclasses import dataclass
from typing import Literal

from boot.monitoring.alerts import Alert

Severity = Literal["critical", "warning", "none"]


@dataclass(frozen=True)
class AlertRule:
    """One rule.

    Attributes:
        alert: its name.
        expr: PromQL; what it yields fires.
        hold: seconds for which it has to yield before.
        severity: critical: people notice, or will with the next fault. none: nobody is to be called.
        summary: what is so, in Prometheus' templates.
    """

    alert: Alert
    expr: str
    hold: int
    severity: Severity
    summary: str

    @property
    def body(self) -> dict[str, object]:
        """As Prometheus reads it."""
        return {
            "alert": self.alert.value,
            "expr": self.expr,
            **({"for": f"{self.hold}s"} if self.hold else {}),
            "labels": {"severity": self.severity},
            "annotations": {"summary": self.summary, "runbook": f"docs/runbook.md#{self.alert.anchor}"},
        }
