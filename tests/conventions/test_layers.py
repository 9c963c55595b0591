"""Three layers, read in one direction: staging reads sources, what follows reads models."""

import re

from .declared import OWN_SOURCE, Declared

# They are about what was printed, row by row, so they read what the publishers printed.
MARTS_OF_PRINTED_ROWS = {"quarantine"}

NAMES = {
    "staging": r"stg_[a-z0-9]+(_[a-z0-9]+)*__[a-z0-9]+(_[a-z0-9]+)*",
    "intermediate": r"int_[a-z0-9]+(_[a-z0-9]+)+",
    "marts": r"(?!stg_|int_|vw_|tmp_)[a-z0-9]+(_[a-z0-9]+)*(?<!_final)(?<!_new)(?<!_v[0-9])",
}


def test_only_staging_reads_sources(project: Declared) -> None:
    wrong = [f"{model.name} reads {model.reads_sources}" for model in project.models if model.layer != "staging"]
    assert [text for text in wrong if not text.endswith("[]")] == []


def test_staging_reads_its_own_source_and_the_warehouses_account_of_itself(project: Declared) -> None:
    for model in project.staging:
        sources = {table.split(".")[0] for table in model.reads_sources}
        assert sources <= {model.folder, OWN_SOURCE}, f"{model.name} reads another source: {sorted(sources)}"
        assert sources, f"{model.name} reads no source"
        assert not model.reads, f"{model.name} reads {model.reads}: what joins models belongs into intermediate/"


def test_a_mart_reads_no_publishers_staging(project: Declared) -> None:
    publishers = {model.name for model in project.staging if model.folder != OWN_SOURCE}
    for mart in project.marts:
        if mart.name not in MARTS_OF_PRINTED_ROWS:
            read = sorted(publishers & set(mart.reads))
            assert not read, f"{mart.name} reads {read}: put what it needs into an intermediate model"


def test_a_name_tells_the_layer(project: Declared) -> None:
    for model in project.models:
        assert model.layer in NAMES, f"{model.name} is in layer {model.layer}; there are {sorted(NAMES)}"
        assert re.fullmatch(NAMES[model.layer], model.name), f"{model.name} is not named as {model.layer} models are"
