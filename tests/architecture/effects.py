"""Where the product touches the world: one place each for time, luck, sessions, requests, print."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import Definition, Source, definitions

CLOCK = "daemon/clock.py"
HTTP = "adapters/http.py"

_TIME = re.compile(
    r"datetime\.datetime\.(now|utcnow|today)|datetime\.date\.today"
    r"|time\.(time|monotonic|perf_counter|process_time|thread_time)(_ns)?"
    r"|time\.(sleep|localtime|gmtime|ctime|clock_gettime)|asyncio\.sleep"
)
_LUCK = re.compile(r"random\.(?!Random$)\w+|uuid\.uuid[1467]|secrets\.\w+|os\.(urandom|getrandom)")
_LOOP_TIME = re.compile(r"loop\(?\)?\.time$")

_SESSION = re.compile(
    r"(sqlalchemy|sqlmodel)\.(\w+\.)*(create_engine|create_async_engine|engine_from_config"
    r"|Session|sessionmaker|AsyncSession)|sqlite3\.connect|psycopg\.(\w+\.)?connect"
)
_REQUEST = re.compile(
    r"aiohttp\.(\w+\.)?(ClientSession|request)|urllib\.request\.\w+|http\.client\.HTTPS?Connection"
    r"|(requests|httpx)\.\w+"
)
_AT_IMPORT = re.compile(
    r"open|(.+\.)?(open|connect|read_text|read_bytes|write_text|write_bytes|mkdir|unlink|glob|rglob"
    r"|iterdir|create_engine|urlopen|getenv|Popen|check_output|create_task|run_until_complete)"
    r"|subprocess\.\w+|asyncio\.run|os\.(listdir|scandir|walk|stat|makedirs|system)|shutil\.\w+",
    re.DOTALL,
)
_REASON = re.compile(r"#\s*(?:noqa:\s*BLE001\W+)?(?!noqa)(?:\w+\W+){2,}\w+")  # three words or more


def real_time_and_luck(source: Source) -> list[str]:
    """Complain about real time and real randomness anywhere but in the clock's module."""
    if source.path == CLOCK:
        return []
    return [
        source.complain(node, f"uses {what}; take a Clock or a Luck from daemon.clock")
        for node in ast.walk(source.tree)
        for what in _time_or_luck(source, node)
    ]


def _time_or_luck(source: Source, node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        imported = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name for name in imported if _is_real(name) and name != "asyncio.sleep")
    if isinstance(node, ast.Attribute):
        name = source.meaning(node)
        if _is_real(name) and name != "asyncio.sleep":
            yield name
        if _LOOP_TIME.search(ast.unparse(node)):
            yield ast.unparse(node)
    if isinstance(node, ast.Call):
        yield from _real_calls(source, node)


def _real_calls(source: Source, node: ast.Call) -> Iterator[str]:
    name = source.meaning(node.func)
    if name == "random.Random" and not node.args:
        yield "random.Random without a seed"
    # Sleeping for zero seconds only lets others run.
    if name == "asyncio.sleep" and not (node.args and ast.unparse(node.args[0]) == "0"):
        yield name


def _is_real(name: str) -> bool:
    return bool(_TIME.fullmatch(name) or _LUCK.fullmatch(name))


def sessions_outside_state(source: Source) -> list[str]:
    """Complain about a database session or engine opened anywhere but in ``state``."""
    return [] if source.path.startswith("state/") else _calls(source, _SESSION, "opens a session:")


def requests_outside_http(source: Source) -> list[str]:
    """Complain about an HTTP request that leaves by any other way than ``adapters/http.py``."""
    return [] if source.path == HTTP else _calls(source, _REQUEST, "sends HTTP by itself:")


def prints(source: Source) -> list[str]:
    """Complain about output by any but a command, or a sandbox announcing its address."""
    if source.path.startswith(("daemon/cli/", "adapters/sandbox/")):
        return []
    return _calls(source, re.compile(r"print|sys\.std(out|err)\.write"), "prints:")


def input_or_output_at_import(source: Source) -> list[str]:
    """Complain about files, databases and processes touched when a module is merely imported."""
    return [
        source.complain(node, f"does input or output at import: {ast.unparse(node.func)}")
        for node in _import_time(source.tree)
        if isinstance(node, ast.Call)
        if _AT_IMPORT.fullmatch(source.meaning(node.func) or ast.unparse(node.func))
    ]


def _import_time(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what runs at import: everything but the bodies of functions and the main guard."""
    for child in _children_at_import(node):
        yield child
        yield from _import_time(child)


def _children_at_import(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, Definition):
        yield from (*node.decorator_list, *node.args.defaults)
        yield from (default for default in node.args.kw_defaults if default is not None)
    elif not isinstance(node, ast.Lambda) and not _is_main_guard(node):
        yield from ast.iter_child_nodes(node)


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def asserts(source: Source) -> list[str]:
    """Complain about ``assert``: it vanishes under -O, so the product raises instead."""
    return [
        source.complain(node, "asserts; raise an error that tells the next step")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assert)
    ]


def broad_excepts(source: Source) -> list[str]:
    """Complain about a catch-all that neither raises again nor gives its reason on its line."""
    return [
        source.complain(node, "catches everything without a reason")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        if _is_broad(node)
        if not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
        if not _REASON.search(source.line(node.lineno))
    ]


def _is_broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(kind) in {"Exception", "BaseException"} for kind in kinds)


def coroutine_commands(source: Source) -> list[str]:
    """Complain about an ``async def`` command: Typer runs nothing of it and exits with 0."""
    return [
        source.complain(node, f"{node.name} is a command and a coroutine function")
        for node in definitions(source.tree)
        if isinstance(node, ast.AsyncFunctionDef)
        if any(_registers_command(decorator) for decorator in node.decorator_list)
    ]


def _registers_command(decorator: ast.expr) -> bool:
    name = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(name, ast.Attribute) and name.attr in {"command", "callback"}


def _calls(source: Source, pattern: re.Pattern[str], verb: str) -> list[str]:
    return [
        source.complain(node, f"{verb} {ast.unparse(node.func)}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        if pattern.fullmatch(source.meaning(node.func))
    ]
