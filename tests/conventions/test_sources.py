"""One word for a source everywhere: its module, its raw tables, its staging folder and models, its archive, its assets."""

from pathlib import Path
from typing import Any

import pytest

from orchestration.settings import PROJECT
from orchestration.source import discover

from .declared import ARCHIVE, OWN_SOURCE, SOURCE_MODULES, STAGING, Declared

TABLES = sorted(f"{source.name}.{table.name}" for source in discover() for table in source.tables)


def missing_halves(modules: Path, staging: Path, archive: Path, root: Path) -> list[str]:
    """A source is a module and a staging folder of one name. An archive is one more folder of that name, or none."""
    named = {path.stem: path for path in modules.glob("*.py") if path.stem != "__init__"}
    staged = {path.name: path for path in staging.iterdir() if any(path.glob("*.sql")) and path.name != OWN_SOURCE}
    archived = {path.name: path for path in archive.iterdir() if path.is_dir()}
    say = "source '{}' has {} but no {}".format
    relative = {name: path.relative_to(root).as_posix() for name, path in (named | staged | archived).items()}
    modules_below, staging_below = modules.relative_to(root).as_posix(), staging.relative_to(root).as_posix()
    return [
        *(
            say(name, f"{modules_below}/{name}.py", f"{staging_below}/{name}/")
            for name in sorted(named.keys() - staged)
        ),
        *(
            say(name, f"{staging_below}/{name}/", f"{modules_below}/{name}.py")
            for name in sorted(staged.keys() - named)
        ),
        *(say(name, f"{relative[name]}/", f"{modules_below}/{name}.py") for name in sorted(archived.keys() - named)),
    ]


def test_a_source_has_both_its_halves() -> None:
    assert missing_halves(SOURCE_MODULES, STAGING, ARCHIVE, PROJECT) == []


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            "orchestration/sources/wits.py",
            "source 'wits' has orchestration/sources/wits.py but no dbt_project/models/staging/wits/",
        ),
        (
            "dbt_project/models/staging/wits/stg_wits__tariffs.sql",
            "source 'wits' has dbt_project/models/staging/wits/ but no orchestration/sources/wits.py",
        ),
        (
            "seeds/archive/wits/releases.csv",
            "source 'wits' has seeds/archive/wits/ but no orchestration/sources/wits.py",
        ),
    ],
)
def test_the_half_that_is_missing_is_named(made: str, said: str, tmp_path: Path) -> None:
    modules, staging, archive = (tmp_path / part.relative_to(PROJECT) for part in (SOURCE_MODULES, STAGING, ARCHIVE))
    for folder in (modules, staging, archive):
        folder.mkdir(parents=True)
    (tmp_path / made).parent.mkdir(exist_ok=True)
    (tmp_path / made).touch()
    assert missing_halves(modules, staging, archive, tmp_path) == [said]


def test_dbt_knows_the_raw_tables_that_the_modules_declare_and_no_others(project: Declared) -> None:
    assert sorted(table for table in project.sources if not table.startswith(f"{OWN_SOURCE}.")) == TABLES


def test_each_raw_table_has_its_staging_model_in_its_sources_folder(project: Declared) -> None:
    expected = sorted(f"{table.split('.')[0]}/stg_{table.replace('.', '__')}" for table in project.sources)
    assert sorted(f"{model.folder}/{model.name}" for model in project.staging) == expected


def test_each_raw_table_is_landed_and_loaded_under_one_name(asset_graph: Any) -> None:
    made = {key.to_user_string() for key in asset_graph.materializable_asset_keys}
    for table in TABLES:
        key = table.replace(".", "/")
        assert {f"landing/{key}", key} <= made, f"{table} needs the assets landing/{key} and {key}"
