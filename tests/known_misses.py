"""What is known to be missed: expected to fail, and a failure once it does not."""

import pytest


def known_miss(case: str) -> pytest.MarkDecorator:
    """A test that fails as docs/known-misses.md says below the heading of its case; it fails each time.

    One that passes is a failure as well: then its entry goes.
    """
    return pytest.mark.xfail(strict=True, raises=AssertionError, reason=f"docs/known-misses.md, {case}")
