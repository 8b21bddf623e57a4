"""The command that shows the effective settings, without their secrets."""

from __future__ import annotations

import re
from dataclasses import asdict, is_dataclass

from ..settings import ADDRESSES, SECRETS, Settings, load_settings, origins
from .options import AsJson
from .output import print_json, print_table

MASK = "***"
PASSWORD_IN_ADDRESS = re.compile(r"(://[^/@:\s]*:)\S*(@)")
PASSWORD_IN_QUERY = re.compile(r"([?&](?:ssl)?password=)[^&\s]*", re.IGNORECASE)


def show_config(as_json: AsJson = False) -> None:
    """Show every setting, its value and where it came from."""
    values, sources = effective(load_settings()), origins()
    if as_json:
        print_json({name: {"value": value, "from": sources[name]} for name, value in values.items()})
        return
    print_table(
        ("Setting", "Value", "From"),
        [(name, "" if value is None else str(value), sources[name]) for name, value in values.items()],
    )


def effective(settings: Settings) -> dict[str, str | int | float | None]:
    """Give every setting by its dotted name, fit to be shown."""
    shown: dict[str, str | int | float | None] = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name in ADDRESSES:
            shown[name] = masked(value.get_secret_value()) if value else None
        elif name in SECRETS:
            shown[name] = MASK if value else None
        elif is_dataclass(value) and not isinstance(value, type):
            shown |= {f"{name}.{field}": number for field, number in asdict(value).items()}
        else:
            shown[name] = value if value is None or isinstance(value, int | float) else str(value)
    return shown


def masked(address: str) -> str:
    """Hide the password in an address, wherever it stands."""
    return PASSWORD_IN_QUERY.sub(rf"\1{MASK}", PASSWORD_IN_ADDRESS.sub(rf"\1{MASK}\2", address))
