"""Servers that go off or reboot by themselves: nobody told Nova, so it is looked after them."""

from pathlib import Path

import eventlet
from nova.virt import event
from oslo_log import log as logging

from .cards import Cards
from .container import Container

LOG = logging.getLogger(__name__)
WATCH_SECONDS = 1


class Watch(Cards):
    """The servers' processes, by the servers' ids, and a look at each of them once a second."""

    def _begin_watch(self):
        self._pids = {}
        eventlet.spawn_n(self._watch)

    def _watch(self):
        """See to servers that went off or rebooted by themselves."""
        while True:
            eventlet.sleep(WATCH_SECONDS)
            for uuid in self.list_instance_uuids():
                try:
                    self._look_after(uuid)
                except Exception:
                    LOG.exception("server %s is not looked after", uuid)

    def _look_after(self, uuid):
        known = self._pids.get(uuid)
        if known and Path(f"/proc/{known}").exists():
            return
        container = Container(self._instances / uuid)
        if known and not container.pid():
            eventlet.sleep(WATCH_SECONDS)  # one that reboots has no process for a moment
        if pid := container.pid():
            self._pids[uuid] = pid
            if known:
                self._hand_over_again(uuid, pid)
        elif self._pids.pop(uuid, None):
            self.emit_event(event.LifecycleEvent(uuid, event.EVENT_LIFECYCLE_STOPPED))
