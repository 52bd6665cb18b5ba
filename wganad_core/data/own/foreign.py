"""Files that are told by their first bytes and not read: what they are, and what to do."""

from __future__ import annotations

import re

from wganad_core.data import DataError

AS_TABLE = "save the table as CSV or parquet"
FRAME = "read it by {} and save it by to_parquet or to_csv"
UNPACK = "unpack it first"
TAR_AT = 257  # bytes before a tar archive says what it is

# How it begins: what it is, and what to do.
BEGINS = {
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", UNPACK),
    b"Rar!\x1a\x07": ("a RAR archive", UNPACK),
    b"\x28\xb5\x2f\xfd": ("packed by zstd", UNPACK),
    b"TDSm": (
        "a TDMS file of LabVIEW",
        FRAME.format("npTDMS (TdmsFile.read(FILE).as_dataframe())"),
    ),
    b"ARROW1\0\0": ("a Feather file", FRAME.format("pandas.read_feather")),
    b"FEA1": ("a Feather file", FRAME.format("pandas.read_feather")),
    b"ORC": ("an ORC file", FRAME.format("pandas.read_orc")),
    b"Obj\x01": ("an Avro file", AS_TABLE),
    b"SQLite format 3\0": ("an SQLite data base", FRAME.format("pandas.read_sql")),
    b"%PDF-": ("a PDF", AS_TABLE),
    b"{\\rtf": ("a document in RTF", AS_TABLE),
    b"$FL2": ("an SPSS file", FRAME.format("pandas.read_spss")),
    b"<stata_dta>": ("a Stata file", FRAME.format("pandas.read_stata")),
    b"SIMPLE  =": ("a FITS file", AS_TABLE),
    b"CDF\x01": ("a netCDF file", FRAME.format("xarray.open_dataset(FILE).to_dataframe()")),
    b"CDF\x02": ("a netCDF file", FRAME.format("xarray.open_dataset(FILE).to_dataframe()")),
}
SAS = b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c"  # after twelve zeros
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
EDF = re.compile(rb"0 {7}[ -~]{160}[0-9]{2}\.[0-9]{2}\.[0-9]{2}")  # and then a date


def refuse_foreign(start: bytes) -> None:
    """Raises `DataError` where the first bytes tell of something that is not read here.

    Examples
    --------
    >>> from wganad_core.data.own.foreign import refuse_foreign
    >>> refuse_foreign(b"%PDF-1.7")
    Traceback (most recent call last):
    wganad_core.data.DataError: This is a PDF; save the table as CSV or parquet.
    """
    for mark, (what, do) in BEGINS.items():
        text = mark.isalnum() and not CONTROLS.search(start)  # a table whose first name is ORC
        if start.startswith(mark) and not text:
            raise DataError(f"This is {what}; {do}.")
    if EDF.match(start):
        do = FRAME.format("mne.io.read_raw_edf(FILE).to_data_frame()")
        raise DataError(f"This is an EDF recording; {do}.")
    if start[TAR_AT : TAR_AT + 5] == b"ustar":
        raise DataError("This is a tar archive; unpack it, or make a zip of its files.")
    if start[12:28] == SAS:
        raise DataError(f"This is a SAS file; {FRAME.format('pandas.read_sas')}.")
    if start.startswith(b"RIFF") and start[8:12] == b"WAVE":
        raise DataError(
            "This is a sound (WAV); save its samples as CSV or .npy, with a column for each "
            "channel (in Python: scipy.io.wavfile.read)."
        )
    if start.startswith(b"PK\x03\x04") and b"application/vnd.oasis.opendocument" in start[:120]:
        raise DataError(f"This is an OpenDocument file; {AS_TABLE}.")
