"""What kind of file it is, and its text: told from the bytes, not from the name."""

from __future__ import annotations

import errno
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eprivacy_its.errors import InputError
from eprivacy_its.remote import regular
from eprivacy_its.written.faults import Faults, plain

#: Largest file read. A million daily rows take about 20 MB.
FILE_BYTES = 100_000_000
#: Most rows read, header not counted.
ROWS = 2_000_000

_AS_CSV = "save the table as CSV (UTF-8) and give that file"
#: First bytes -> what it is and what to do.
_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"%PDF", f"a PDF; {_AS_CSV}"),
    (b"\xd0\xcf\x11\xe0", f"a workbook of the old .xls kind; {_AS_CSV}, or save it as .xlsx"),
    (b"SQLite format 3", f"a database; {_AS_CSV}"),
    (b"\x89PNG", "a picture; give the table behind it"),
    (b"\xff\xd8\xff", "a picture; give the table behind it"),
    (b"{\\rtf", f"a rich-text document; {_AS_CSV}"),
)


@dataclass(frozen=True)
class Source:
    """The content of a file.

    Attributes
    ----------
    kind : str
        ``text``, ``xlsx``, ``parquet`` or ``dta``.
    text : str
        Decoded text; empty for the other kinds.
    data : bytes
        Content of the other kinds: what was read once is what is read again.
    encoding : str
        As people name it: ``UTF-8``, ``UTF-8 with BOM``, ``UTF-16``, ``Windows-1252``.
    """

    kind: str
    text: str = ""
    encoding: str = ""
    data: bytes = b""

    def open(self) -> io.BytesIO:
        """The content as a file."""
        return io.BytesIO(self.data)


@contextmanager
def boundary(faults: Faults) -> Iterator[None]:
    """Where libraries read: whatever they raise becomes one line with the file's name, and no warning gets out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except InputError:
            raise
        except Exception as error:  # openpyxl, pyarrow and pandas raise whatever their parsers meet
            said = plain(" ".join(str(error).split()))[:160] or "no reason given"
            faults.stop(
                f"the file is damaged, or of a kind that is not read here ({type(error).__name__}: {said}); save it again, or "
                "as CSV"
            )


def load(path: Path, faults: Faults) -> Source:
    """Read a file, or say why it can't be one with a series.

    Raises
    ------
    InputError
        Not there, a folder, not readable, empty, too large, an archive, a picture, not text.
    """
    data = _bytes(path, faults)
    if data.startswith(b"PK"):
        return Source(_zip_kind(data, faults), data=data)
    if data.startswith(b"PAR1"):
        return Source("parquet", data=data)
    if data.startswith(b"<stata_dta>") or (
        data[0] in range(0x69, 0x74) and data[1:2] in (b"\x01", b"\x02") and data[2:3] == b"\x01"
    ):
        return Source("dta", data=data)
    for start, what in _REFUSED:
        if data.startswith(start):
            faults.stop(f"this is {what}")
    return _decoded(data, faults)


def _bytes(path: Path, faults: Faults) -> bytes:
    try:
        if path.is_dir():
            faults.stop("this is a folder; give the file with the series")
        if not path.exists():
            faults.stop(f"there is no such file; check the name and the folder (looked for {plain(path)})")
        if not path.is_file():
            faults.stop("this is no ordinary file (a pipe or a device); give a file")
        data = regular(path, FILE_BYTES)
    except InputError:
        raise
    except (OSError, ValueError) as error:
        reason = {errno.EACCES: "no permission to read it; change its permissions or copy it"}
        number, said = getattr(error, "errno", 0) or 0, getattr(error, "strerror", None) or error
        faults.stop(reason.get(number, f"can't be read: {plain(said)}"))
    if len(data) > FILE_BYTES:
        faults.stop(
            f"larger than a file with a series: more than the {FILE_BYTES:,} that are read, in bytes; keep only the time and outcome columns, one row a period"
        )
    if not data.strip():
        faults.stop("the file is empty; expected a row of column names and one row a period")
    return data


def _zip_kind(data: bytes, faults: Faults) -> str:
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except Exception:
        faults.stop("starts like a zip archive or workbook, but is damaged; save or copy it again")
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        faults.stop(f"this is an OpenDocument file; {_AS_CSV}, or save it as .xlsx")
    faults.stop("this is a zip archive; unpack it first")


def _decoded(data: bytes, faults: Faults) -> Source:
    for mark, codec, name in (
        (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8 with BOM"),
        (b"\xff\xfe", "utf-16", "UTF-16"),
        (b"\xfe\xff", "utf-16", "UTF-16"),
        (b"", "utf-8", "UTF-8"),
        # Five byte values mean nothing in Windows-1252, so that this can fail too.
        (b"", "cp1252", "Windows-1252"),
    ):
        if not data.startswith(mark):
            continue
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as error:
            if not mark:
                continue
            row = data.count(b"\n", 0, error.start) + 1
            faults.stop(f"marked as {name}, but byte {error.start:,} is not; save it again as UTF-8", row=row)
        return Source("text", _checked(text, faults), name)
    faults.stop("neither UTF-8 nor Windows-1252 text; save the table as CSV with encoding UTF-8")


def _checked(text: str, faults: Faults) -> str:
    """Refuse text that no table holds: control characters, HTML, JSON."""
    if not text.strip():
        faults.stop("the file is empty; expected a row of column names and one row a period")
    for character in "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x1b":
        place = text.find(character)
        if place >= 0:
            row = text.count("\n", 0, place) + 1
            faults.stop(
                f"holds the control character {ord(character):#04x}, so it is no text table; {_AS_CSV}",
                row=row,
            )
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<table")):
        faults.stop(f"this is a web page or XML; {_AS_CSV}")
    if start.startswith(("{", "[{", "[[")):
        faults.stop(f"this is JSON; {_AS_CSV}")
    return text
