"""Servers' network cards, as Nova asks for them: Neutron's ports at one end, cards of containers at the other."""

from pathlib import Path

import os_vif
from eventlet import timeout as eventlet_timeout
from nova import conf, exception, objects
from nova import context as nova_context
from nova.network import os_vif_util
from nova.virt import driver

from . import cables, container

CONF = conf.CONF


class Cards(driver.ComputeDriver):
    """The part of the driver that plugs."""

    def plug_vifs(self, instance, network_info):
        told = os_vif_util.nova_to_osvif_instance(instance)
        for vif in network_info:
            wanted = os_vif_util.nova_to_osvif_vif(vif)
            os_vif.plug(wanted, told)
            mtu = vif["network"].get_meta("mtu") or 1500
            cables.lay(cables.Cable(vif["id"], wanted.bridge_name, vif["address"], mtu))

    def unplug_vifs(self, instance, network_info):
        told = os_vif_util.nova_to_osvif_instance(instance)
        for vif in network_info or []:
            cables.remove(vif["id"])
            os_vif.unplug(os_vif_util.nova_to_osvif_vif(vif), told)

    def attach_interface(self, context, instance, image_meta, vif):
        self.plug_vifs(instance, [vif])
        if pid := _container(instance.uuid).pid():
            cables.hand_over(vif["id"], pid)

    def detach_interface(self, context, instance, vif):
        self.unplug_vifs(instance, [vif])

    def _plug_and_wait(self, instance, network_info):
        events = [("network-vif-plugged", vif["id"]) for vif in network_info if vif.get("active", True) is False]
        try:
            with self.virtapi.wait_for_instance_event(
                instance, events, deadline=CONF.vif_plugging_timeout, error_callback=_not_plugged
            ):
                self.plug_vifs(instance, network_info)
        except eventlet_timeout.Timeout as error:
            raise exception.VirtualInterfaceCreateException() from error

    def _hand_over_again(self, uuid, pid):
        """After a server's own reboot: LXC knows the cards that it was booted with, those attached since are gone."""
        instance = objects.Instance.get_by_uuid(nova_context.get_admin_context(), uuid)
        for vif in instance.get_network_info():
            if not _container(uuid).started_with(vif["id"]):
                cables.remove(vif["id"])
                self.plug_vifs(instance, [vif])
                cables.hand_over(vif["id"], pid)


def _container(uuid):
    return container.Container(Path(CONF.instances_path) / uuid)


def _not_plugged(_event, instance):
    raise exception.VirtualInterfaceCreateException()
