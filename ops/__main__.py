"""The operators' commands: `python -m ops --help`."""

import sys

from fleet.command_line import Command, run

COMMANDS = {
    "init": Command("ops.init.command:main", "write the first settings: asks what nobody could guess, finds the rest"),
    "preflight": Command(
        "ops.preflight.command:main", "whether a first deployment can succeed, before anything is made"
    ),
    "state-bucket": Command("ops.state_bucket:main", "make the bucket of Pulumi's state, which keeps every version"),
    "up": Command("ops.up:main", "deploy all sites, and tell them of each other"),
    "status": Command("ops.status:main", "ask the whole: servers, edges, certificates, DNS, Redis"),
    "checklist": Command("ops.checklist.checklist:main", "the requirements' deployment checklist, ticked by asking"),
    "secrets": Command("ops.secrets:main", "make the shared secrets, spread them, and rotate them"),
    "images": Command("ops.images:main", "look up image ids and write them to the stacks' files, or bake images"),
    "leftovers": Command("ops.leftovers:main", "what an update that was cut off made, and its state does not hold"),
    "review": Command("ops.review.review:main", "what a change does at every site, from previews; the rules it breaks"),
    "quotas": Command("ops.review.quotas:main", "what the stacks' regions may have, for a review"),
    "drift": Command("ops.review.drift:main", "what of the cloud is no longer as Pulumi made it, from refreshes"),
    "roll": Command("ops.roll.command:main", "upgrade one site without an outage"),
    "drain": Command("ops.drain:main", "take a site out of every DNS answer, or put it back"),
    "promote": Command("ops.promote:main", "make one site's Redis the master, where nobody can elect"),
    "ssh": Command("ops.ssh_config:main", "write an SSH configuration for the fleet"),
    "keys": Command("ops.keys:main", "have the servers take the operators' keys; none is replaced"),
    "dashboards": Command("ops.dashboards:main", "a tunnel to Prometheus and Alertmanager on the witness"),
    "inventory": Command("fleet.inventory:main", "what the cloud has of a stack"),
    "env-up": Command("ops.environments.commands:make", "make a test environment, or give it more time"),
    "env-down": Command("ops.environments.commands:end", "take a test environment down"),
    "env-sweep": Command("ops.environments.commands:clear", "expired test environments, and what no stack has"),
    "drill": Command("drill.command:main", "faults on an environment, measured from its clients' side"),
    "participant": Command("drill.clients.attend:main", "join a room through an edge and tell what happens"),
    "settings": Command("settings.reference:main", "write docs/settings.md and the editors' schema anew"),
}


def main(words: list[str]) -> int:
    """Run one."""
    return run("python -m ops", "What operators do with an environment.", COMMANDS, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
