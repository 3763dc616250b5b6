"""Monitoring: exporters on every server; Prometheus, Alertmanager and what asks for them on the witness."""
