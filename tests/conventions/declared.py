"""What dbt's manifest says of the project, in the shape in which the rules ask for it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT

DBT_PROJECT = PROJECT / "dbt_project"
STAGING = DBT_PROJECT / "models" / "staging"
SOURCE_MODULES = PROJECT / "orchestration" / "sources"
ARCHIVE = PROJECT / "seeds" / "archive"

# The source that the loader writes: the warehouse's account of itself, which has neither module nor archive.
OWN_SOURCE = "entrepot"


@dataclass(frozen=True)
class Column:
    """`blocks` are the texts of the dictionary that its description takes in."""

    data_type: str
    description: str
    blocks: list[str]


@dataclass(frozen=True)
class Model:
    """A model, or a seed. `reads` are the names of the models and seeds it reads, `reads_sources` those of raw tables."""

    name: str
    layer: str
    folder: str
    description: str
    is_contract_enforced: bool
    grain: list[str]
    columns: dict[str, Column]
    reads: list[str]
    reads_sources: list[str]


@dataclass(frozen=True)
class Declared:
    """`sources` maps `source.table` to its description, `grain_tests` a model to the columns of its unique_grain tests."""

    models: list[Model]
    seeds: list[Model]
    sources: dict[str, str]
    dictionary: dict[str, str]
    data_tests: set[str]
    grain_tests: dict[str, list[list[str]]] = field(default_factory=dict)

    @property
    def marts(self) -> list[Model]:
        return [model for model in self.models if model.layer == "marts"]

    @property
    def staging(self) -> list[Model]:
        return [model for model in self.models if model.layer == "staging"]


def declared(manifest: dict[str, Any]) -> Declared:
    nodes = [node for node in manifest["nodes"].values() if node["package_name"] == "entrepot"]
    tests = [node for node in nodes if node["resource_type"] == "test"]
    grain_tests: dict[str, list[list[str]]] = {}
    for test in tests:
        if (test.get("test_metadata") or {}).get("name") == "unique_grain":
            model = test["attached_node"].split(".")[-1]
            grain_tests.setdefault(model, []).append(test["test_metadata"]["kwargs"]["columns"])
    return Declared(
        models=[_model(node) for node in nodes if node["resource_type"] == "model"],
        seeds=[_model(node) for node in nodes if node["resource_type"] == "seed"],
        sources={f"{node['source_name']}.{node['name']}": node["description"] for node in manifest["sources"].values()},
        dictionary={
            doc["name"]: doc["block_contents"] for doc in manifest["docs"].values() if doc["package_name"] == "entrepot"
        },
        data_tests={test["name"] for test in tests},
        grain_tests=grain_tests,
    )


def _model(node: dict[str, Any]) -> Model:
    parents = node["depends_on"].get("nodes", [])
    return Model(
        name=node["name"],
        layer=node["schema"],
        folder=Path(node["path"]).parent.name,
        description=node["description"],
        is_contract_enforced=bool((node["config"].get("contract") or {}).get("enforced")),
        grain=node["config"]["meta"].get("grain", []),
        columns={column["name"]: _column(column) for column in node["columns"].values()},
        reads=[parent.split(".")[-1] for parent in parents if not parent.startswith("source.")],
        reads_sources=[".".join(parent.split(".")[-2:]) for parent in parents if parent.startswith("source.")],
    )


def _column(column: dict[str, Any]) -> Column:
    blocks = [block.split(".")[-1] for block in column["doc_blocks"]]
    return Column(data_type=column["data_type"], description=column["description"], blocks=blocks)
