"""All jobs that are built, in the order in which they are shown and in which ties of a plan are broken."""

from ..plan import check_registry
from ..registry import Registry
from .feed import affinity, content_features, feed_presort, trending
from .maintenance import analytics_rollup, feed_presort_cleanup, job_run_cleanup
from .matching import build_user_traits, match_scores, ratings_aggregate
from .profile import profile_analysis
from .search import user_interest_sets

registry = Registry.of(
    (
        build_user_traits.JOB,
        user_interest_sets.JOB,
        ratings_aggregate.JOB,
        match_scores.JOB,
        content_features.JOB,
        trending.JOB,
        affinity.JOB,
        feed_presort.JOB,
        feed_presort_cleanup.JOB,
        analytics_rollup.JOB,
        job_run_cleanup.JOB,
        profile_analysis.JOB,
    )
)
check_registry(registry)

__all__ = ["registry"]
