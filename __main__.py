"""One stack is one site: load the settings, build the site, export what it got."""

import os
from datetime import UTC, datetime

import pulumi
import pulumi_openstack as openstack
from pulumi.runtime import config

from boot.image.image import image_warnings
from boot.size import check_sizes
from components.deployed import check_region, deployed, network_warnings
from components.outputs import outputs
from components.peers import check_peers
from components.site import Site
from recovery.objective import check_objective, objective_warnings, table
from settings import PROJECT
from settings.environment import relay_line
from settings.load import SettingsError, load_settings
from settings.stack import Settings
from settings.warnings import warnings

# OVH answers 429 above 20 requests a second and project; the provider's own default is not to try again.
MAX_RETRIES = 10


def configured() -> Settings:
    """This stack's settings; the program ends here, with every mistake named, before any resource is registered."""
    # All keys, not the known ones by name as with `pulumi.Config`: a misspelt key would be passed over in silence.
    values = {k.removeprefix(f"{PROJECT}:"): v for k, v in config.CONFIG.get().items() if k.startswith(f"{PROJECT}:")}
    try:
        settings = load_settings(
            values,
            stack=pulumi.get_stack(),
            encrypted={key for key in values if config.is_config_secret(f"{PROJECT}:{key}")},
            os_region_name=os.environ.get("OS_REGION_NAME"),
        )
    except SettingsError as refused:
        raise pulumi.RunError(str(refused)) from refused
    problems = []
    for check in (check_objective, check_sizes):
        try:
            check(settings)
        except SettingsError as refused:
            problems.append(str(refused))
    if problems:
        raise pulumi.RunError("\n".join(problems))
    return settings


settings = configured()
before = deployed(settings)
check_region(settings, before)
check_peers(settings)
said = [*warnings(settings), *objective_warnings(settings.env), *network_warnings(settings, before)]
for sentence in [*said, *image_warnings(settings, datetime.now(UTC))]:
    pulumi.log.warn(sentence)
if pulumi.runtime.is_dry_run() and settings.site == settings.env.primary:
    # The environment's, so once. The VLAN by its number: YAML may have read another one than was written.
    pulumi.log.info(f"backbone: {settings.env.backbone.wire}, {settings.env.backbone.cidr}")
    pulumi.log.info(table(settings.env))
    pulumi.log.info(relay_line(settings.env))

provider = openstack.Provider("openstack", region=settings.region, max_retries=MAX_RETRIES)
site = Site(settings.site, settings, before, pulumi.ResourceOptions(provider=provider))
for name, value in outputs(site).items():
    pulumi.export(name, value)
