"""The kernel and the rules stand on the standard library alone."""

import json
import subprocess
import sys

PROBE = """
import json, sys
before = set(sys.modules)
import importlib, pkgutil
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{name}.{module.name}")
imported = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(imported - set(sys.stdlib_module_names))))
"""


def imported_with(*packages: str) -> list[str]:
    """The names outside the standard library that a fresh interpreter imports with packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROBE, *packages],
        capture_output=True,
        text=True,
        check=True,
    )
    names: list[str] = json.loads(done.stdout)
    return names


def test_core_and_rules_import_nothing_outside_the_standard_library() -> None:
    assert imported_with("loadwise.core", "loadwise.rules") == ["loadwise"]


def test_what_is_imported_elsewhere_is_noticed() -> None:
    assert {"sqlalchemy", "greenlet"} <= set(imported_with("loadwise.observe"))
