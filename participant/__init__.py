"""A synthetic participant: joins a room as a browser would, through an edge, and reports what it saw and when."""

from participant.edge import Edge
from participant.events import Event, EventLog
from participant.participant import Participant

__all__ = ["Edge", "Event", "EventLog", "Participant"]
