"""How good a post is taken to be, from 0 to 1; pure."""

from __future__ import annotations

import numpy as np

from feedscore import ContentSettings
from feedscore.population import Float32, Float64, Int32


def quality(
    letters: Int32,
    media: Float64,
    engagement: Float64,
    days: Float64,
    reporters: Float64,
    settings: ContentSettings,
) -> Float32:
    """Weigh length, media and engagement a day, each saturating, and take off for reports; (n,) each.

    `engagement` is the weighted sum of engagements, `days` the whole days that they took; less than one
    counts as one.
    """
    a_day = engagement / np.maximum(days, 1.0)
    total = (
        settings.length_weight * (letters / (letters + settings.length_half_letters))
        + settings.media_weight * (media / (media + settings.media_half))
        + settings.engagement_weight * (a_day / (a_day + settings.engagement_half_per_day))
        - settings.report_weight * reporters
    )
    return np.clip(total, 0.0, 1.0).astype(np.float32)
