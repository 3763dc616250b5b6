"""The recovery objective, held against the worst cases; and the worst cases as a preview shows them."""

from math import ceil

from recovery.client import Client, Given
from recovery.fault import Fault
from recovery.faults import worst_case, worst_cases
from recovery.promise import Promise
from recovery.worst_case import SERVICES, Service, WorstCase
from settings.environment import Environment
from settings.load import SettingsError
from settings.stack import Settings

# A line of its own: who has the lost edge's address and no other, or whose browser tries no other (Firefox).
ONE_ADDRESS = f"{Fault.EDGE_LOST}, one address"
_UNINTERRUPTED, _NOTHING = "-", "none"


def misses(env: Environment) -> list[str]:
    """What the objective is missed by, a sentence for each service; empty when it is kept."""
    limit = env.recovery_objective.seconds
    cases = worst_cases(Given(env))
    sentences = []
    for service in SERVICES:
        promises = {str(fault): case.promises[service] for fault, case in cases.items()}
        over = {fault: promise for fault, promise in promises.items() if limit and (promise.seconds or 0) > limit}
        if over:
            sentences.append(_sentence(service, over))
    return sentences


def check_objective(settings: Settings) -> None:
    """Refuse an objective that the settings cannot keep, unless a warning is asked for.

    Raises:
        SettingsError: one line for each service that people wait too long for.
    """
    objective = settings.env.recovery_objective
    key = f"environments.{settings.environment}.recovery_objective.seconds"
    if objective.on_miss == "refuse" and (missed := misses(settings.env)):
        lines = [f"stack {settings.stack}: {key} = {objective.seconds}: {miss}" for miss in missed]
        raise SettingsError("\n".join(lines))


def objective_warnings(env: Environment) -> list[str]:
    """The same in the preview, where a warning is asked for; empty when there is nothing to say."""
    objective = env.recovery_objective
    if objective.on_miss == "refuse":
        return []
    return [f"recovery_objective.seconds = {objective.seconds} {miss}" for miss in misses(env)]


def figures(env: Environment) -> dict[str, dict[str, float | str]]:
    """The worst cases by fault and service, in seconds, as a stack exports them: "-" where nothing is interrupted."""
    return {
        name: {service: _figure(promise) for service, promise in case.promises.items()}
        for name, case in _lines(env).items()
    }


def table(env: Environment) -> str:
    """The worst cases as text, one line a fault."""
    limit = env.recovery_objective.seconds
    objective = f"; the objective is {limit} s" if limit else ""
    lines = [f"{'':24}" + "".join(f"{service:>7}" for service in SERVICES)]
    for fault, found in figures(env).items():
        lines.append(f"{fault:24}" + "".join(f"{found[service]:>7}" for service in SERVICES))
    parts = [
        f"worst case after a fault, in seconds ({_UNINTERRUPTED}: not interrupted{objective}):",
        *lines,
        *(f"{_NOTHING}: {reason}" for reason in _reasons(_lines(env))),
    ]
    return "\n".join(parts)


def _lines(env: Environment) -> dict[str, WorstCase]:
    lines = {str(fault): case for fault, case in worst_cases(Given(env)).items()}
    return lines | {ONE_ADDRESS: worst_case(Fault.EDGE_LOST, Given(env, Client(addresses=1)))}


def _figure(promise: Promise) -> float | str:
    if promise.seconds is None:
        return _NOTHING
    return _tenths(promise.seconds) if promise.interrupted else _UNINTERRUPTED


def _tenths(seconds: float) -> float:
    """Rounded up: what is shown is kept."""
    return ceil(round(seconds * 10, 2)) / 10


def _reasons(cases: dict[str, WorstCase]) -> list[str]:
    waits = [promise.wait for case in cases.values() for promise in case.promises.values()]
    return sorted({wait.never for wait in waits if wait.never})


def _sentence(service: Service, over: dict[str, Promise]) -> str:
    """Every fault with its seconds, the slowest with its terms, and the settings that make any of them shorter."""
    faults = ", ".join(f"{fault} {_tenths(promise.seconds or 0)} s" for fault, promise in over.items())
    slowest = max(over, key=lambda fault: over[fault].seconds or 0)
    keys = ", ".join(dict.fromkeys(key for promise in over.values() for key in promise.keys))
    return (
        f"is missed by {service} after {faults}; {slowest} = {over[slowest]}; "
        f"{f'shorten {keys}, ' if keys else ''}raise it, or take on_miss: warn"
    )
