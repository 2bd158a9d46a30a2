"""Which part may know which: the import rule of the design, function-level imports included."""

import ast
from collections.abc import Iterator

from tests.architecture.source import PRODUCT, ROOT, Source

CORE = ("daemon.core", "daemon.clock")
EFFECTS = (*CORE, "adapters", "state", "config", "daemon.flow", "daemon.cycle")

# The first prefix that fits a module tells what it may import; longer prefixes stand first.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "daemon.core": ("daemon.core",),
    "daemon.clock": (),
    "daemon.flow": tuple(part for part in EFFECTS if part != "daemon.cycle"),
    "daemon.cycle": EFFECTS,
    "daemon.use_cases": (*EFFECTS, "daemon.use_cases"),
    "daemon.service": PRODUCT,
    "daemon.cli": PRODUCT,
    "daemon.web": PRODUCT,
    "daemon.mcp": PRODUCT,
    "daemon.__main__": PRODUCT,
    "adapters": (*CORE, "adapters"),
    "state": (*CORE, "state"),
    "config": (*CORE, "config"),
}


def foreign_imports(source: Source) -> list[str]:
    """Complain about each import that the rule does not allow."""
    allowed = _allowed(source.module)
    return [
        source.complain(node, f"{source.module} imports {target}")
        for node, target in imports(source)
        if target.partition(".")[0] in (*PRODUCT, "tests", "benchmarks")
        if not any(_within(target, part) for part in allowed)
    ]


def neighbouring_adapters(source: Source) -> list[str]:
    """Complain where one adapter knows another, or what they share knows one of them.

    An adapter is a package of ``adapters``, but for ``adapters.sandbox``.
    """
    here = _adapter(source.module)
    return [
        source.complain(node, f"{source.module} imports {target}, another adapter's")
        for node, target in imports(source)
        if source.module.partition(".")[0] == "adapters"
        if (there := _adapter(target)) is not None
        if there != here
    ]


def judges_and_judged(source: Source) -> list[str]:
    """Complain where a sandbox knows the adapter it is there to judge, or an adapter a sandbox.

    What all adapters share knows no vendor's rules, so both may use it.
    """
    if source.module.partition(".")[0] != "adapters":
        return []
    is_judge = _is_sandbox(source.module)
    return [
        source.complain(node, f"{source.module} imports {target}: a judge shares nothing")
        for node, target in imports(source)
        if _is_sandbox(target) or _adapter(target) is not None
        if _is_sandbox(target) != is_judge
    ]


def imports(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Every imported name, absolute and as long as the statement tells: ``daemon.core.plan.Plan``."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            origin = _origin(source, node)
            yield from ((node, f"{origin}.{alias.name}") for alias in node.names)


def _origin(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parents = source.package.split(".")
    base = parents[: len(parents) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _allowed(module: str) -> tuple[str, ...]:
    return next((may for part, may in MAY_IMPORT.items() if _within(module, part)), ())


def _within(target: str, part: str) -> bool:
    return target == part or target.startswith(f"{part}.")


def _adapter(module: str) -> str | None:
    """The adapter a module belongs to; None for what adapters share (modules, and the sandbox)."""
    top, _, rest = module.partition(".")
    name = rest.partition(".")[0]
    if top != "adapters" or name in {"", "sandbox"}:
        return None
    return name if (ROOT / "adapters" / name).is_dir() else None


def _is_sandbox(module: str) -> bool:
    return "sandbox" in module.split(".")[1:3]
