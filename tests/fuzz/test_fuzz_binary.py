"""Damaged Parquet, Excel and Stata files: read, or refused with one line that names the file; never anything else."""

from __future__ import annotations

import io
import os
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eprivacy_its.errors import InputError
from eprivacy_its.series import command, reader

pytest.importorskip("pyarrow")
openpyxl = pytest.importorskip("openpyxl")
DEEP = bool(os.environ.get("EPRIVACY_ITS_DEEP"))
#: Longest that any file may keep the reader, in seconds of the processor.
MOST = 5.0


def _frame() -> Any:
    import pandas as pd

    return pd.DataFrame(
        {
            "week": pd.date_range("2020-01-06", periods=40, freq="7D"),
            "n": np.arange(40) % 7 + 20,
            "region": ["North"] * 40,
            "rate": np.linspace(0.1, 0.9, 40),
        }
    )


@pytest.fixture(scope="module")
def seeds() -> dict[str, list[bytes]]:
    """A sound file of each kind; of Parquet several, since compressions and encodings have their own parsers."""
    frame, made = _frame(), {"parquet": [], "xlsx": [], "dta": []}
    for compression in ("snappy", "zstd", None):
        content = io.BytesIO()
        frame.to_parquet(content, compression=compression)
        made["parquet"].append(content.getvalue())
    content = io.BytesIO()
    frame.to_parquet(content, use_dictionary=False, version="1.0", data_page_version="2.0")
    made["parquet"].append(content.getvalue())
    book = openpyxl.Workbook()
    book.active.append(list(frame.columns))
    for row in frame.itertuples(index=False):
        book.active.append([row[0].to_pydatetime(), *row[1:]])
    content = io.BytesIO()
    book.save(content)
    made["xlsx"].append(content.getvalue())
    for version in (114, 118):
        content = io.BytesIO()
        frame.to_stata(content, write_index=False, version=version)
        made["dta"].append(content.getvalue())
    return made


def damaged(draw: Any, content: bytes) -> bytes:
    """A few bytes replaced, removed, added or doubled."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        size = draw(st.sampled_from([1, 1, 1, 4, 16, 300]))
        how = draw(st.sampled_from(["replace", "replace", "flip", "remove", "add", "double", "cut"]))
        if how == "replace":
            new = draw(st.binary(min_size=1, max_size=min(size, 8)))
            content = content[:at] + new + content[at + len(new) :]
        elif how == "flip" and content:
            content = content[:at] + bytes([content[at] ^ (1 << draw(st.integers(0, 7)))]) + content[at + 1 :]
        elif how == "remove":
            content = content[:at] + content[at + size :]
        elif how == "add":
            content = content[:at] + draw(st.binary(min_size=1, max_size=8)) + content[at:]
        elif how == "double":
            content = content[: at + size] + content[at:]
        else:
            content = content[:at]
    return content


_XML = (
    b"1e9",
    b"999999999",
    b"abc",
    b"NaN",
    b"inf",
    b"-1",
    b"",
    b"A0",
    b"XFD1048577",
    b"<",
    b"&#0;",
    b"&x;",
    b"1.5.2",
)


def unsound(draw: Any, workbook: bytes) -> bytes:
    """A workbook whose parts are damaged and packed again, so that the archive itself is sound."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        names = [info.filename for info in old.infolist() if info.filename.endswith((".xml", ".rels"))]
        hit = {draw(st.sampled_from(names)), "xl/worksheets/sheet1.xml" if draw(st.booleans()) else ""}
        for info in old.infolist():
            content = old.read(info)
            if info.filename in hit and draw(st.booleans()):
                content = damaged(draw, content)
            elif info.filename in hit:
                spots = [i for i, byte in enumerate(content) if byte == ord('"')]
                at = draw(st.sampled_from(spots[:-1] or [0]))
                end = content.find(b'"', at + 1)
                content = content[: at + 1] + draw(st.sampled_from(_XML)) + content[end:]
            if info.filename not in hit or draw(st.integers(0, 15)):
                new.writestr(info.filename, content)
    return made.getvalue()


def outcome(file: Path) -> str:
    """ "read" or the message; anything else that happens is a fault of the reader."""
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a library's warning must not get out either
        for act in (lambda: command.check(file), lambda: reader.read(file, time="week", outcome="n")):
            try:
                act()
                said = "read"
            except InputError as error:
                said = str(error)
                lines = said.splitlines()
                assert all(line.startswith(file.name) for line in lines), lines
                assert all(line.isprintable() and len(line) < 1_000 for line in lines), lines
    assert time.process_time() - started < MOST
    return said


@pytest.mark.parametrize("kind", ["parquet", "xlsx", "dta"])
@settings(settings.get_profile("fuzz"), max_examples=3_400 if DEEP else 40)
@given(data=st.data())
def test_any_damaged_file_is_read_or_refused(
    kind: str, data: st.DataObject, seeds: dict[str, list[bytes]], tmp_path: Path, tally: Any
) -> None:
    tally["binary files read or refused"] += 1
    content = data.draw(st.sampled_from(seeds[kind]))
    repack = kind == "xlsx" and data.draw(st.integers(0, 3))
    content = unsound(data.draw, content) if repack else damaged(data.draw, content)
    file = tmp_path / f"any.{kind}"
    file.write_bytes(content)
    outcome(file)


@pytest.mark.parametrize("kind", ["parquet", "xlsx", "dta"])
def test_the_sound_ones_are_read(kind: str, seeds: dict[str, list[bytes]], tmp_path: Path) -> None:
    """The property would hold if all were refused."""
    for content in seeds[kind]:
        (tmp_path / f"any.{kind}").write_bytes(content)
        assert outcome(tmp_path / f"any.{kind}") == "read"
