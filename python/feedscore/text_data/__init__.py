"""Word lists that ship with the package; each names its version and its source in its first lines."""
