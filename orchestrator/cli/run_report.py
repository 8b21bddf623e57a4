"""What a run, or a rehearsal of one, shows at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from ..context import DryRun
from ..db.wholes import Standing
from ..plan import Step
from ..runner import PlanResult, RunRecord, RunStatus
from .output import moment, print_json, print_table, remark, span

STYLES = {RunStatus.SUCCESS: "green", RunStatus.FAILED: "red", RunStatus.CANCELLED: "yellow"}
ENDINGS = {
    RunStatus.SUCCESS: "did not do everything",
    RunStatus.FAILED: "failed",
    RunStatus.CANCELLED: "was cancelled",
    RunStatus.SKIPPED: "was skipped",
}


def show_result(result: PlanResult, *, as_json: bool) -> None:
    """Print the runs of a plan; what went wrong also stands on stderr, a sentence each."""
    for record in result.records:
        if record.error:
            style = "yellow" if record.status is RunStatus.SUCCESS else "red"
            remark(f"{record.job} {ENDINGS.get(record.status, record.status)}: {record.error}", style)
    if as_json:
        runs = [record.as_json() for record in result.records]
        print_json({"exit_code": int(result.exit_code), "runs": runs})
    else:
        print_runs(result.records)


def scope_text(record: RunRecord, standings: Mapping[int, Standing]) -> str:
    """Say what a run is for; of a whole that has not ended, how far it is."""
    standing = standings.get(record.id)
    if standing and record.status is RunStatus.RUNNING:
        return f"{record.scope}, {standing.done} of {standing.parts} parts done"
    if record.parent_id:
        return f"{record.scope} of run {record.parent_id}"
    return f"{record.scope}, {record.shards} shards" if record.shards else record.scope


def print_runs(
    records: Sequence[RunRecord],
    *,
    history: bool = False,
    standings: Mapping[int, Standing] | None = None,
) -> None:
    """Print runs as a table; a history also says when and for whom, and how far the wholes are."""
    when = ("Scope", "Started (UTC)") if history else ()
    print_table(
        ("Run", "Job", *when, "Status", "Items", "Failed", "Written", "Time"),
        [_row(record, history=history, standings=standings or {}) for record in records],
        right={"Run", "Items", "Failed", "Written", "Time"},
    )


def show_previews(previews: Sequence[tuple[Step, DryRun]], *, as_json: bool) -> None:
    """Print what the jobs of a plan would do."""
    if as_json:
        print_json({"dry_run": True, "jobs": [_as_json(step, preview) for step, preview in previews]})
        return
    print_table(
        ("Job", "Scope", "Why", "Items", "Rows to read", "Note"),
        [
            (
                step.job.name,
                preview.scope,
                step.reason,
                f"{preview.items:,}",
                ", ".join(f"{table} {rows:,}" for table, rows in preview.rows_to_scan.items()),
                "; ".join(
                    filter(None, (f"{preview.shards} shards" if preview.shards > 1 else "", preview.note))
                ),
            )
            for step, preview in previews
        ],
        right={"Items"},
    )
    remark("Nothing was run.")


def _row(record: RunRecord, *, history: bool, standings: Mapping[int, Standing]) -> tuple[str | Text, ...]:
    resumed = record.metadata.get("items_resumed")
    standing = standings.get(record.id)
    items = standing.processed if standing and record.status is RunStatus.RUNNING else record.items_processed
    written = record.metadata.get("rows_written")
    return (
        str(record.id),
        record.job,
        *((scope_text(record, standings), moment(record.started_at)) if history else ()),
        Text(record.status, style=STYLES.get(record.status, "")),
        f"{items:,}" + (f" (+{resumed:,} resumed)" if resumed else ""),
        f"{record.items_failed:,}",
        f"{written:,}" if isinstance(written, int) else "",
        span(record.duration_ms),
    )


def _as_json(step: Step, preview: DryRun) -> dict[str, Any]:  # Any: whatever JSON can hold
    return {
        "job": step.job.name,
        "scope": preview.scope,
        "why": step.reason,
        "items": preview.items,
        "rows_to_scan": dict(preview.rows_to_scan),
        "note": preview.note,
        "shards": preview.shards,
    }
