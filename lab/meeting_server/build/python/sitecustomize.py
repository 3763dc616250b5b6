"""Lets the gyp inside mediasoup 3.7.19, written for Python 2, run under Python 3.11.

Python imports a module of this name at start when its directory is on PYTHONPATH; only the worker's build puts it
there.
"""

import builtins
import collections
import collections.abc
from typing import Any

# Python 3.10 removed these aliases from `collections`; gyp's ordered set still asks for them there.
for _name in ("Callable", "Iterable", "Mapping", "MutableMapping", "MutableSet", "Sequence"):
    setattr(collections, _name, getattr(collections.abc, _name))

_open = builtins.open


def _open_without_u(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - open()'s own shape
    """`open` that takes Python 2's mode `U` (universal newlines, since then the default) for what it means."""
    return _open(file, mode.replace("U", "") or "r", *args, **kwargs)


builtins.open = _open_without_u
