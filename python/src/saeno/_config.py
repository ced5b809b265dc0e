"""Reading JSON of a run folder, with errors that name the file and the place in it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import FormatError, RunFolderError


def read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunFolderError(f"{path} is not there.") from error
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path} is not valid JSON: {error}. Copy the run folder again.") from error


class Section:
    """An object of a configuration. What is asked of it is checked, and has a default where it may be left out."""

    def __init__(self, values: Any, where: str) -> None:
        self.where = where
        if not isinstance(values, dict):
            raise FormatError(f"{where} must be an object; got {_shown(values)}.")
        self.values: dict[str, Any] = values

    def section(self, name: str) -> Section:
        return Section(self.values.get(name), f"{self.where}.{name}")

    def has(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        value = self.values.get(name, default)
        return value if isinstance(value, str) else self._refuse(name, "text", value)

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        value = self.values.get(name, default)
        return str(value) if value in choices else self._refuse(name, f"one of {', '.join(choices)}", value)

    def truth(self, name: str, default: bool) -> bool:
        value = self.values.get(name, default)
        return value if isinstance(value, bool) else self._refuse(name, "true or false", value)

    def count(self, name: str, default: int | None = None) -> int:
        value = self.values.get(name, default)
        fine = isinstance(value, int) and not isinstance(value, bool) and value >= 1
        return int(value) if fine and value is not None else self._refuse(name, "a positive integer", value)

    def number(self, name: str, default: float | None = None) -> float:
        value = self.values.get(name, default)
        fine = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        return float(value) if fine and value is not None else self._refuse(name, "a number", value)

    def number_or(self, name: str, word: str, default: float | str) -> float | str:
        return word if self.values.get(name, default) == word else self.number(name, _number(default))

    def sizes(self, name: str) -> tuple[int, ...]:
        value = self.values.get(name)
        fine = isinstance(value, list) and 1 <= len(value) <= 3 and all(type(n) is int and n >= 1 for n in value)
        return (
            tuple(value) if fine and value is not None else self._refuse(name, "one to three positive integers", value)
        )

    def _refuse(self, name: str, wanted: str, value: Any) -> Any:
        raise FormatError(f"{self.where}.{name} must be {wanted}; got {_shown(value)}.")


def _number(value: float | str) -> float | None:
    return None if isinstance(value, str) else value


def _shown(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value)[:60]
