"""What all vendors' sandboxes share, and the one door to start any of them by name.

Takes the name of a vendor's package. Gives a running emulator of that vendor, announced in one
JSON line. Promises to know no vendor: `adapters.<kind>.sandbox` is imported by name and must have
a function `serve(*, port, records, seed, state)`.
"""

import importlib
import pkgutil
from pathlib import Path

import adapters

ENTRY_POINT = "serve"


class UnknownSandboxError(ValueError):
    """There is no sandbox of that name; the text lists those there are."""


def known_sandboxes() -> tuple[str, ...]:
    """Return the names of all vendors that have a sandbox, sorted."""
    names = (module.name for module in pkgutil.iter_modules(adapters.__path__) if module.ispkg)
    return tuple(sorted(name for name in names if _has_sandbox(name)))


def _has_sandbox(name: str) -> bool:
    return any(
        (Path(folder) / name / "sandbox" / "__init__.py").is_file() for folder in adapters.__path__
    )


def serve_sandbox(
    kind: str, *, port: int, records: int, seed: int, state: Path | None = None
) -> None:
    """Run the sandbox of that name until SIGTERM or SIGINT.

    Prints one JSON line with at least `base_url` and `token`. With `state` the records are loaded
    from that file, where it exists, and saved there at the end.

    Raises UnknownSandboxError for a name without a sandbox, OSError for a taken port.
    """
    if kind not in known_sandboxes():
        known = ", ".join(known_sandboxes())
        raise UnknownSandboxError(f"There is no sandbox {kind!r}; choose one of: {known}.")
    module = importlib.import_module(f"adapters.{kind}.sandbox")
    getattr(module, ENTRY_POINT)(port=port, records=records, seed=seed, state=state)
