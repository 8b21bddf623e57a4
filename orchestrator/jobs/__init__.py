"""All jobs that are built, in the order in which they are shown and in which ties of a plan are broken."""

from ..plan import check_registry
from ..registry import Registry

registry = Registry.of(())
check_registry(registry)

__all__ = ["registry"]
