"""`python -m tests.packages NAME`: compare the two readers on a package that is installed here."""

from __future__ import annotations

import sys

from tests.packages.listed import LISTED, Package
from tests.packages.reading import Compared, compare, said


def main(name: str) -> int:
    """Print what was compared; 1 where the readers differ in what is not listed."""
    package = LISTED[name]
    compared = compare(package.name, package.modules, also=package.also)
    print(
        f"{name}: {compared.entities} entities, {compared.columns} columns,"
        f" {compared.relationships} relationships; {len(compared.found)} differences"
    )
    wrong = [*_unexpected(package, compared), *_outlived(package, compared)]
    for line in (*said(dict(wrong)), *compared.unknown):
        print(f"  {line}")
    return 1 if wrong or not compared.entities else 0


Line = tuple[tuple[str, str], tuple[object, object]]


def _unexpected(package: Package, compared: Compared) -> list[Line]:
    """What differs, and is not listed; what points to a class that is listed may be missing."""
    hidden = {key.rstrip(".") for key in package.apart if key.endswith(".")}
    return [
        ((entity, name), both)
        for (entity, name), both in compared.found.items()
        if f"{entity.rpartition('.')[2]}.{name}" not in package.apart
        and str(getattr(both[0], "target", "")).rpartition(".")[2] not in hidden
    ]


def _outlived(package: Package, compared: Compared) -> list[Line]:
    """What is listed, and differs no more."""
    found = {f"{entity.rpartition('.')[2]}.{name}" for entity, name in compared.found}
    return [((key, ""), ("listed", "no longer differs")) for key in set(package.apart) - found]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
