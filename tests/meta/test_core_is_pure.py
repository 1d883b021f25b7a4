"""The kernel and the rules stand on the standard library alone."""

import subprocess
import sys

PROGRAM = """
import sys
import loadwise.rules
import pkgutil, importlib, loadwise.core
for module in pkgutil.iter_modules(loadwise.core.__path__):
    importlib.import_module(f"loadwise.core.{module.name}")
roots = {name.partition(".")[0] for name in sys.modules}
print(sorted(roots - set(sys.stdlib_module_names) - {"loadwise", "__main__"}))
"""


def test_importing_core_and_rules_imports_nothing_else() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": "src"},
    )
    assert done.stdout.strip() == "[]"
