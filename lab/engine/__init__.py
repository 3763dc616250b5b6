"""The Pulumi engine, from the PATH or else built from Go modules: `engine.environment()` is what others need."""

from lab.engine.installation import environment
from lab.engine.toolchain import EngineError

__all__ = ["EngineError", "environment"]
