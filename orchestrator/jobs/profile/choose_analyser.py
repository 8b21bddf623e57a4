"""Find the analyser that the settings name: one of ours, or a plug-in."""

from __future__ import annotations

from importlib.metadata import entry_points

from feedscore import TermFrequencies

from ...errors import SettingsError
from ...settings import Settings
from .analyser import Analyser, Make

GROUP = "feedscore.analysers"
OURS = ("local", "http")


def choose_analyser(settings: Settings, common_words: TermFrequencies) -> Analyser:
    """Make the analyser of the settings; SettingsError names the ones there are."""
    return _find(settings.analyser)(settings, common_words)


def _find(name: str) -> Make:
    if name == "local":
        from .local_analyser import make_local  # noqa: PLC0415 -- only the chosen one is imported

        return make_local
    if name == "http":
        from .http_analyser import make_http  # noqa: PLC0415 -- only the chosen one is imported

        return make_http
    plug_ins = entry_points(group=GROUP)
    if name not in plug_ins.names:
        known = ", ".join([*OURS, *sorted(plug_ins.names)])
        raise SettingsError(f"setting analyser: there is no analyser {name}; there are: {known}")
    try:
        made: Make = plug_ins[name].load()
    except Exception as error:  # a plug-in may fail in any way
        reason = f"{type(error).__name__}: {error}"
        raise SettingsError(f"setting analyser: the plug-in {name} cannot be loaded: {reason}") from None
    return made
