"""One question to several, all at the same time."""

from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Asked = TypeVar("Asked", bound=Hashable)
Answer = TypeVar("Answer")


def at_once(ask: Callable[[Asked], Answer], asked: Iterable[Asked]) -> dict[Asked, Answer]:
    """What each of them says, in their order; what a question raises, this raises."""
    whom = list(asked)
    with ThreadPoolExecutor(max(1, len(whom))) as pool:
        return dict(zip(whom, pool.map(ask, whom), strict=True))
