"""The Pulumi engine, from the PATH or else built from Go modules: `engine.environment()` is what others need."""

from engine.installation import environment
from engine.toolchain import EngineError

__all__ = ["EngineError", "environment"]
