"""The lab's commands: `python -m lab --help`."""

import sys

from fleet.command_line import Command, run

COMMANDS = {
    "install": Command("lab.cli:install", "install the distribution's packages that the lab needs"),
    "image": Command("lab.cli:image", "build the guest images"),
    "up": Command("lab.cli:up", "start the lab, unless it is up"),
    "down": Command("lab.cli:down", "end everything and remove the state; logs stay"),
    "status": Command("lab.cli:status", "services, guests and their memory"),
    "logs": Command("lab.cli:logs", "the end of a service's log, or the names of the logs"),
    "run": Command("lab.cli:run", "run a command inside the lab"),
    "openrc": Command("lab.cli:openrc", "shell lines that set OS_* variables"),
    "fault": Command("lab.cli:fault", "have the API answer errors"),
    "calls": Command("lab.cli:calls", "how often each API call was made"),
    "engine-install": Command("lab.engine.command:install", "build what the Pulumi engine lacks"),
    "engine-env": Command("lab.engine.command:env", "shell lines that put the engine on the PATH"),
    "exec": Command("lab.engine.command:execute", "run a command with the engine on its PATH"),
    "tool": Command("lab.engine.command:tool", "build Go programs and print their paths"),
    "meeting-archive": Command("lab.meeting_archive:main", "build the stand-in meeting server; its path and SHA-256"),
    "demo": Command("lab.demo:up", "three sites on the lab, from nothing"),
    "demo-down": Command("lab.demo:down", "take the demo down"),
    "demo-status": Command("lab.demo:status", "the demo's table again, and how everything is"),
    "demo-checklist": Command("lab.demo:checklist", "the requirements' deployment checklist, of the demo"),
    "drill": Command("lab.drill:main", "the failover drill on the demo"),
    "drill-alerts": Command("lab.drill_alerts:main", "have alerts fire on the demo, and end"),
    "load": Command("lab.load:main", "how many people an environment holds: synthetic participants, more and more"),
    "env-up": Command("lab.environments:up", "a test environment beside the demo, or more time for it"),
    "env-down": Command("lab.environments:down", "take a test environment beside the demo down"),
    "env-sweep": Command("lab.environments:sweep", "expired test environments beside the demo"),
    "bench": Command("lab.bench.next_to_terraform:main", "one stack next to Terraform, and by size"),
    "bench-whole": Command("lab.bench.whole:main", "a whole environment: the comment, and its teardown"),
    "bench-booted": Command("lab.bench.booted:main", "the lab with servers that boot: times and memory"),
}


def main(words: list[str]) -> int:
    """Run one."""
    return run("python -m lab", "No cloud account needed: an OpenStack on this machine.", COMMANDS, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
