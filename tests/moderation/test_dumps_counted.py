"""Simulated dumps of both schemata give the counts that were put into them."""

from __future__ import annotations

import csv
import itertools
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import simulated_dumps

from conftest import counted, holds, run
from eprivacy_its import parallel
from helpers.moderation import days, names, statements, tables

pa = pytest.importorskip("pyarrow")
COMMITTED = "date,geography,platform,statements_all,statements_protection_of_minors,statements_csam_keyword,statements_grooming_keyword,source_id"


@pytest.mark.parametrize(
    ("schema", "light", "hostile", "outer"),
    list(itertools.product((1, 2), (False, True), (False, True), (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))),
)
def test_known_counts(tmp_path: Path, schema: int, light: bool, hostile: bool, outer: int) -> None:
    made = simulated_dumps.write(
        tmp_path, "2025-07-02", 3000, schema, light, hostile, part_rows=250, outer=outer
    )
    out = tmp_path / "t.csv"
    assert run("count", made.file, "--out", out, "--jobs", 1) == 0
    assert sum(counted(out).values()) == 3000
    assert holds(out, [made])


@pytest.mark.parametrize("outer", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_dumps_of_more_than_four_gigabytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outer: int
) -> None:
    """They have other records (ZIP64), which are written here for small files as well."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    made = simulated_dumps.write(tmp_path, "2025-02-24", 3000, schema=1, part_rows=250, outer=outer)
    assert b"PK\x06\x06" in made.file.read_bytes()[-200:]
    assert run("count", made.file, "--out", tmp_path / "t.csv", "--jobs", 1) == 0
    assert holds(tmp_path / "t.csv", [made])


def test_text_that_is_unpacked_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = simulated_dumps.write(tmp_path, "2025-07-02", 3000, hostile=True)
    monkeypatch.setattr(statements, "WHOLE", 0)
    monkeypatch.setattr(statements, "BLOCK", 2**17)  # many blocks; the longest row is shorter
    assert run("count", made.file, "--out", tmp_path / "t.csv", "--jobs", 1) == 0
    assert holds(tmp_path / "t.csv", [made])


def test_more_combinations_than_an_integer_numbers() -> None:
    """Nine columns of 300 values each: rows are grouped by all of them all the same."""
    rng = np.random.default_rng(1)
    rows = [tuple(f"{value:010}" for value in rng.integers(300, size=9)) for _ in range(900)]
    rows += rows[:400]
    text = "\n".join(",".join(row) for row in [names.NEEDED, *rows]).encode() + b"\n"
    source, wanted = pa.BufferReader(text), list(names.NEEDED)
    found = statements._counted(source, wanted, statements._Broken(wanted, wanted))
    assert found == Counter(tuple(value.encode() for value in row) for row in rows)
    assert max(found.values()) == 2


def test_pandas_is_not_loaded(tmp_path: Path) -> None:
    """It would take longer than to count 50,000 statements, in each process."""
    made = simulated_dumps.write(tmp_path, "2025-07-02", 10)
    code = (
        "import sys; from helpers.moderation import days; day = days.count(days.dump(sys.argv[1])); "
        "print(day.statements, 'pandas' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(made.file)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["10", "False"]


def test_layout_of_the_committed_table(tmp_path: Path) -> None:
    made = simulated_dumps.write(tmp_path, "2025-07-02", 100)
    assert run("count", made.file, "--out", tmp_path / "t.csv", "--jobs", 1) == 0
    lines = (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == COMMITTED
    rows = list(csv.reader(lines[1:]))
    assert [(row[2], row[0]) for row in rows] == sorted((row[2], row[0]) for row in rows)
    assert {(row[1], row[7]) for row in rows} == {("EU", tables.SOURCE)}


def test_several_days_an_empty_one_and_two_processes(tmp_path: Path) -> None:
    sizes = {"2025-06-30": 500, "2025-07-01": 0, "2025-07-02": 700}
    made = [simulated_dumps.write(tmp_path, day, size) for day, size in sizes.items()]
    status = run("count", *reversed([one.file for one in made]), "--out", tmp_path / "t.csv", "--jobs", 2)
    assert status == 0
    assert holds(tmp_path / "t.csv", made)


@pytest.mark.parametrize("outer", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_one_dump_by_three_processes(tmp_path: Path, outer: int) -> None:
    made = simulated_dumps.write(
        tmp_path, "2025-07-02", 1250, part_rows=50, outer=outer
    )  # 25 parts, three inner zips
    assert run("count", made.file, "--out", tmp_path / "t.csv", "--jobs", 3) == 0
    assert holds(tmp_path / "t.csv", [made])


def test_bytes_do_not_depend_on_order_or_processes(tmp_path: Path) -> None:
    files = [simulated_dumps.write(tmp_path, f"2025-07-0{day}", 300).file for day in (1, 2, 3)]
    written = []
    for name, given, jobs in (("a", files, 1), ("b", files[::-1], 2)):
        out = tmp_path / name / "t.csv"
        assert run("count", *given, "--out", out, "--jobs", jobs) == 0
        written.append((out.read_bytes(), tables.cells_file(out).read_bytes()))
    assert written[0] == written[1]


def test_a_keyword_of_two_lists_counts_once_and_an_additional_category_not_at_all(tmp_path: Path) -> None:
    made = simulated_dumps.write(tmp_path, "2025-07-02", 5000)
    both = [cell for cell in made.cells if cell[4].count("CHILD_SEXUAL_ABUSE_MATERIAL") == 2]
    added = [cell for cell in made.cells if cell[3] == "PROTECTION_OF_MINORS"]
    assert both
    assert added
    daily = tables.Daily()
    daily.add(days.count(days.dump(str(made.file))))
    daily.write(tmp_path / "t.csv")
    rows = tables.read(tmp_path / "t.csv")[0]
    assert sum(row[2] for row in rows.values()) == sum(
        n for cell, n in made.cells.items() if "SEXUAL_ABUSE" in cell[4]
    )
    assert sum(row[1] for row in rows.values()) == sum(
        n for cell, n in made.cells.items() if cell[2] == "PROTECTION_OF_MINORS"
    )


def test_the_same_on_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    made = [simulated_dumps.write(tmp_path, f"2025-07-0{day}", 300) for day in (1, 2)]
    with distributed.LocalCluster(
        2, processes=False, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        monkeypatch.setenv(parallel.VARIABLE, "")  # the command sets it; gone after the test
        address = cluster.scheduler_address
        files = [one.file for one in made]
        assert run("count", *files, "--out", tmp_path / "t.csv", "--cluster", address) == 0
    assert holds(tmp_path / "t.csv", made)


def test_files_of_elsewhere(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    made = simulated_dumps.write(tmp_path, "2025-07-02", 300)
    elsewhere = fsspec.filesystem("memory")
    for file in (made.file, made.file.with_name(f"{made.file.name}.sha1")):
        elsewhere.pipe_file(f"/dumps/{file.name}", file.read_bytes())
    assert run("count", f"memory://dumps/{made.file.name}", "--out", tmp_path / "t.csv", "--jobs", 1) == 0
    assert holds(tmp_path / "t.csv", [made])


def test_memory_does_not_grow_with_the_dump(tmp_path: Path) -> None:
    """200 MB more of text take far less more memory; the peak is that of a process of its own."""
    code = (
        "import re, sys; from helpers.moderation import days; day = days.count(days.dump(sys.argv[1])); "
        # Not ru_maxrss: a process starts with the peak of the one that started it.
        "peak = re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read()); "
        "print(day.statements, int(peak[1]) // 1024)"
    )
    found = {}
    for day, size in (("2025-07-01", 20_000), ("2025-07-02", 200_000)):
        made = simulated_dumps.write(tmp_path, day, size, part_rows=20_000)
        done = subprocess.run(
            [sys.executable, "-c", code, str(made.file)], capture_output=True, text=True, check=True
        )
        number, found[size] = (int(word) for word in done.stdout.split())
        assert number == size
    assert found[200_000] - found[20_000] < 100
    assert found[200_000] < 600


def test_simulated_dumps_are_the_same_each_time(tmp_path: Path) -> None:
    first, again, other = (
        simulated_dumps.write(tmp_path / name, "2025-07-02", 500, seed=seed)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first.file.read_bytes() == again.file.read_bytes()
    assert first.cells == again.cells
    assert first.file.read_bytes() != other.file.read_bytes()


@pytest.mark.parametrize(
    ("schema", "light", "columns"), [(1, False, 37), (2, False, 38), (1, True, 33), (2, True, 34)]
)
def test_simulated_dumps_have_all_columns(tmp_path: Path, schema: int, light: bool, columns: int) -> None:
    made = simulated_dumps.write(tmp_path, "2025-07-02", 5, schema, light)
    with (
        zipfile.ZipFile(made.file) as outer,
        outer.open(outer.namelist()[0]) as inside,
        zipfile.ZipFile(inside) as inner,
    ):
        text = inner.read(inner.namelist()[0]).decode()
    rows = list(csv.reader(text.splitlines(keepends=True)))
    assert {len(row) for row in rows} == {columns}
    assert rows[0][0] == "uuid"
    assert rows[0][-1] == "created_at"
    assert ("content_id_ean" in rows[0]) == (schema == 2)
    assert ("decision_facts" in rows[0]) == (not light)
