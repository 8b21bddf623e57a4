"""The command that looks for what could be wrong with an installation, and advises."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.text import Text

from ..errors import ExitCode, SettingsError
from ..settings import load_settings
from .examinations import Finding, Verdict, examine_database, examine_machine
from .options import AsJson
from .output import print_json, print_table

STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}


def doctor(as_json: AsJson = False) -> None:
    """Look for what could be wrong, and advise; exits with 1 if something is."""
    try:
        settings = load_settings()
    except SettingsError as error:
        findings = [Finding(Verdict.FAIL, "settings", str(error), "correct the setting that is named")]
    else:
        findings = [*examine_machine(settings), *examine_database(settings)]
    failed = any(finding.verdict is Verdict.FAIL for finding in findings)
    if as_json:
        print_json({"ok": not failed, "findings": [asdict(finding) for finding in findings]})
    else:
        print_table(
            ("", "What", "Found", "Advice"),
            [
                (
                    Text(finding.verdict, style=STYLES[finding.verdict]),
                    finding.subject,
                    finding.found,
                    finding.advice,
                )
                for finding in findings
            ],
        )
    if failed:
        raise typer.Exit(ExitCode.FAILED)
