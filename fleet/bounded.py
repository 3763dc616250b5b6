"""Asking several at once, for a bounded time: an answer that is late is said to be missing."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class NoAnswer:
    """Why something is not known."""

    why: str


def reason(whose: str, missing: NoAnswer) -> str:
    """Why somebody says nothing, with the name: who is late has not said it."""
    return missing.why if missing.why.startswith(whose) else f"{whose}: {missing.why}"


class AskingError(Exception):
    """There is no answer to be had; the message says why."""


def ask(questions: Mapping[str, Callable[[], T]], patience: float) -> dict[str, T | NoAnswer]:
    """Ask all at the same time.

    Args:
        questions: what to ask, by name; a question that raises AskingError has no answer.
        patience: seconds to wait for all of them together.

    Returns:
        An answer to each question, in their order.
    """
    answers: dict[str, T | NoAnswer] = {}

    def answer(name: str, question: Callable[[], T]) -> None:
        try:
            answers[name] = question()
        except AskingError as error:
            answers[name] = NoAnswer(str(error))

    # Daemons: whoever does not answer must not keep the command from ending.
    threads = [threading.Thread(target=answer, args=asked, daemon=True) for asked in questions.items()]
    deadline = time.monotonic() + patience
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = NoAnswer(f"no answer within {patience:g} s")
    return {name: answers.get(name, late) for name in questions}
