"""Listed: the packages whose mapped classes both readers read, and where the two may differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

BY_A_CALL: Final = "it is mapped by a call"
MADE: Final = "a call makes the class"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What is installed, the package in it, the modules that map, and what differs, with reasons.

    `apart` has ends of lines' beginnings: `Class.attribute`, or `Class.` for a class that is not
    seen. `also` are packages whose source is read with it.
    """

    requirements: tuple[str, ...]
    name: str
    modules: tuple[str, ...]
    also: tuple[str, ...] = ()
    apart: Mapping[str, str] = field(default_factory=dict[str, str])


LISTED: Final = {
    "advanced-alchemy": Package(
        requirements=("advanced-alchemy==1.12.0",),
        name="tests.packages.own.advanced",
        modules=("tests.packages.own.advanced",),
    ),
    "aiida": Package(
        requirements=("aiida-core==2.9.4",),
        name="aiida.storage.psql_dos",
        modules=("aiida.storage.psql_dos.models.node", "aiida.storage.psql_dos.models.group"),
    ),
    "basic-memory": Package(
        requirements=("basic-memory==0.24.1",),
        name="basic_memory",
        modules=("basic_memory.models",),
    ),
    "datajunction": Package(
        requirements=("datajunction-server==0.0.272",),
        name="datajunction_server",
        modules=("datajunction_server.database",),
    ),
    "dstack": Package(
        requirements=("dstack[server]==0.22.5",),
        name="dstack",
        modules=("dstack._internal.server.models",),
    ),
    "fastapi-users": Package(
        requirements=("fastapi-users-db-sqlalchemy==7.0.0",),
        name="tests.packages.own.users",
        modules=("tests.packages.own.users",),
    ),
    "flask-appbuilder": Package(
        requirements=("flask-appbuilder==5.3.0",),
        name="flask_appbuilder",
        modules=("flask_appbuilder.security.sqla.models",),
    ),
    "galaxy": Package(
        requirements=("galaxy-data==26.1.2",),
        name="galaxy",
        modules=("galaxy.model",),
        apart={
            "HistoryDatasetAssociation.": BY_A_CALL,
            "LibraryDatasetDatasetAssociation.": BY_A_CALL,
            "User.current_galaxy_session": "its target is an alias of a subquery",
        },
    ),
    "google-adk": Package(
        requirements=("google-adk==2.13.0", "sqlalchemy"),
        name="google.adk.sessions.schemas.v1",
        modules=("google.adk.sessions.schemas.v1",),
    ),
    "jupyterhub": Package(
        requirements=("jupyterhub==6.1.1",),
        name="jupyterhub",
        modules=("jupyterhub.orm",),
        apart={
            "GroupRoleMap.": MADE,
            "ServiceRoleMap.": MADE,
            "UserRoleMap.": MADE,
        },
    ),
    "mlflow": Package(
        requirements=("mlflow-skinny==3.17.2", "alembic", "pandas"),
        name="mlflow",
        modules=(
            "mlflow.store.tracking.dbmodels.models",
            "mlflow.store.model_registry.dbmodels.models",
        ),
    ),
    "nova": Package(
        requirements=("nova==34.0.0",),
        name="nova",
        modules=("nova.db.main.models", "nova.db.api.models"),
        also=("oslo_db",),
    ),
    "optuna": Package(
        requirements=("optuna==5.0.0",),
        name="optuna",
        modules=("optuna.storages._rdb.models",),
    ),
    "phoenix": Package(
        requirements=("arize-phoenix==20.26.1",),
        name="phoenix",
        modules=("phoenix.db.models",),
    ),
    "prefect": Package(
        requirements=("prefect==3.9.1",),
        name="prefect",
        modules=("prefect.server.database.orm_models",),
    ),
    "quetz": Package(
        requirements=("quetz-server==0.10.4",),
        name="quetz",
        modules=("quetz.db_models", "quetz.jobs.models"),
    ),
    "sqlmodel": Package(
        requirements=("sqlmodel",),
        name="tests.packages.own.heroes",
        modules=("tests.packages.own.heroes",),
    ),
    "tiled": Package(
        requirements=("tiled[server]==0.2.20",),
        name="tiled",
        modules=("tiled.authn_database.orm", "tiled.catalog.orm"),
    ),
    "zenml": Package(
        requirements=("zenml[server]==0.98.0",),
        name="zenml",
        modules=("zenml.zen_stores.schemas",),
    ),
}
"""By the name that `nox -s schemas` takes."""
