"""The engine on the command line: `python -m lab.engine install | env | exec -- CMD... | tool NAME...`."""

import argparse
import os
import shlex
import sys

from fleet.progress import say
from lab.engine import EngineError, environment, gotools, official


def main() -> int:
    """Run one of the commands; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m lab.engine", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("install", help="build what is missing; done at once when nothing is")
    commands.add_parser("env", help='print `export` lines for a shell: eval "$(python -m lab.engine env)"')
    run = commands.add_parser("exec", help="run a command with the engine on its PATH")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- CMD ...")
    tool = commands.add_parser("tool", help="build Go programs and print their paths")
    tool.add_argument("names", nargs="+", choices=sorted(gotools.TOOLS))
    arguments = parser.parse_args()
    try:
        match arguments.command:
            case "install":
                _install()
            case "env":
                _print_exports(environment())
            case "exec":
                _replace_process([word for word in arguments.argv if word != "--" or word is not arguments.argv[0]])
            case "tool":
                print(*map(gotools.build, arguments.names), sep="\n")
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _install() -> None:
    ready = environment()
    cli = official.find()
    say(f"the official Pulumi CLI is used: {cli}" if cli else f"the engine is installed: {ready['PULUMI_HOME']}")


def _print_exports(variables: dict[str, str]) -> None:
    for name, value in sorted(variables.items()):
        if os.environ.get(name) != value:
            print(f"export {name}={shlex.quote(value)}")


def _replace_process(command: list[str]) -> None:
    if not command:
        raise EngineError("say what to run: python -m lab.engine exec -- pulumi preview")
    variables = environment()
    os.environ.update(variables)
    try:
        os.execvp(command[0], command)  # noqa: S606 - replacing this process is the purpose
    except FileNotFoundError as error:
        raise EngineError(f"{command[0]}: not found on the PATH") from error


if __name__ == "__main__":
    sys.exit(main())
