"""A synthetic participant: joins a room as a browser would, through an edge, and reports what it saw and when."""

from drill.clients.edge import Edge
from drill.clients.events import Event, EventLog
from drill.clients.participant import Participant

__all__ = ["Edge", "Event", "EventLog", "Participant"]
