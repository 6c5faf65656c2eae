"""Other programs read what we export: pandas, DuckDB, GDAL, LibreOffice."""

import io
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
from flask.testing import FlaskClient

from fieldapp.exporting import as_xlsx
from tests.exporting.plots import plot_xml, send
from tests.exporting.reading import export
from tests.factories import SEMEDO, Headers

OFFICE = shutil.which("soffice")
OFFICE_SECONDS = 120
EVIL = "=1+1"
WORDS = 'dua\nbaris, "kutip" é 香'


@pytest.fixture
def entries(client: FlaskClient, coordinator: Headers) -> Headers:
    """Three entries: a plain one, one that would harm, and one with wrong answers."""
    assert client
    send(plot_xml("uuid:one", note=WORDS))
    send(plot_xml("uuid:evil", note=EVIL))
    odd = plot_xml("uuid:odd").replace(b"<age>41</age>", b"<age>banyak</age>")
    odd = odd.replace(b"<home>-7.43 109.24 74.3 4.8</home>", b"<home/>")
    send(odd)
    return coordinator


def rows(query: str) -> list[tuple[object, ...]]:
    """Ask DuckDB."""
    found = duckdb.sql(query)
    assert found is not None
    return found.fetchall()


def save(
    client: FlaskClient, headers: Headers, folder: Path, name: str, **query: str
) -> Path:
    path = folder / name
    path.write_bytes(export(client, headers, **query))
    return path


def test_pandas_reads_csv_with_the_words_as_they_were_written(
    client: FlaskClient, entries: Headers
) -> None:
    content = export(client, entries, format="csv", table="")

    frame = pd.read_csv(io.BytesIO(content), dtype={"AreaCode": str}).set_index("KEY")

    assert frame.loc["uuid:one", "member-note"] == WORDS
    assert frame.loc["uuid:evil", "member-note"] == f"'{EVIL}"
    assert frame.loc["uuid:one", "AreaCode"] == SEMEDO
    assert frame.loc["uuid:one", "home-Longitude"] == 109.24
    assert frame.loc["uuid:odd", "age"] == "banyak"


def test_pandas_reads_a_workbook_in_which_nothing_is_a_formula(
    client: FlaskClient, entries: Headers
) -> None:
    content = export(client, entries, format="xlsx", labels="id")

    sheets = pd.read_excel(io.BytesIO(content), sheet_name=None)

    assert [*sheets] == ["kebun", "plot", "plot-tree"]
    frame = sheets["kebun"].set_index("KEY")
    assert frame.loc["uuid:evil", "Catatan"] == EVIL
    assert frame.loc["uuid:one", "Jenis kelamin"] == "Perempuan"
    assert frame.loc["uuid:one", "Tanggal"] == pd.Timestamp("2026-08-20")
    assert frame.loc["uuid:one", "start"] == pd.Timestamp("2026-08-20 08:14:02.517")
    assert frame.loc["uuid:one", "Umur"] == 41
    assert frame.loc["uuid:odd", "Umur"] == "banyak"
    assert list(sheets["plot"]["Luas"]) == [0.45, 1.5] * 3
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_a_workbook_goes_on_in_further_sheets(
    client: FlaskClient, entries: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_xlsx, "MAX_ROWS", 4)

    sheets = pd.read_excel(
        io.BytesIO(export(client, entries, format="xlsx")), sheet_name=None
    )

    assert [len(sheets[name]) for name in ("kebun", "plot", "plot (2)")] == [3, 3, 3]
    assert list(sheets["plot"].columns) == list(sheets["plot (2)"].columns)


def test_parquet_has_types_and_links_that_duckdb_joins(
    client: FlaskClient, entries: Headers, tmp_path: Path
) -> None:
    path = save(client, entries, tmp_path, "all.zip", format="parquet")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    schema = pq.read_schema(tmp_path / "kebun.parquet")
    joined = rows(
        f"select e.KEY, sum(p.ha) from '{tmp_path}/kebun.parquet' e "  # noqa: S608 - Our own path.
        f"join '{tmp_path}/kebun-plot.parquet' p on p.PARENT_KEY = e.KEY "
        "where e.visited_on = date '2026-08-20' group by all order by 1"
    )

    assert schema.field("age").type == pa.int64()
    assert schema.field("visited_on").type == pa.date32()
    assert schema.field("start").type == pa.timestamp("ms", tz="UTC")
    assert schema.field("home-Latitude").type == pa.float64()
    assert schema.field("AreaCode").type == pa.string()
    assert joined == [("uuid:evil", 1.95), ("uuid:odd", 1.95), ("uuid:one", 1.95)]
    frame = pd.read_parquet(tmp_path / "kebun.parquet").set_index("KEY")
    assert frame.loc["uuid:one", "age"] == 41
    assert pd.isna(frame.loc["uuid:odd", "age"])


def test_duckdb_reads_csv_and_ndjson(
    client: FlaskClient, entries: Headers, tmp_path: Path
) -> None:
    table = save(client, entries, tmp_path, "kebun.csv", format="csv", table="")
    lines = save(client, entries, tmp_path, "kebun.ndjson", format="ndjson")

    of_csv = rows(
        f"select KEY, visited_on, \"member-note\" from '{table}' order by 1"  # noqa: S608 - Our own path.
    )
    of_lines = rows(
        "select KEY, record.member.standards, len(record.plot) "  # noqa: S608 - Our own path.
        f"from read_ndjson('{lines}') order by 1"
    )

    assert of_csv[2] == ("uuid:one", date(2026, 8, 20), WORDS)
    assert [row[0] for row in of_lines] == ["uuid:evil", "uuid:odd", "uuid:one"]
    assert of_lines[2][1:] == (["eu", "nop"], 2)


def test_gdal_reads_points_and_areas(
    client: FlaskClient, entries: Headers, tmp_path: Path
) -> None:
    homes = save(client, entries, tmp_path, "homes.geojson", format="geojson")
    plots = save(
        client, entries, tmp_path, "plots.geojson", format="geojson", table="plot"
    )

    home_info, plot_info = pyogrio.read_info(homes), pyogrio.read_info(plots)
    _, bounds = pyogrio.read_bounds(homes)
    _, plot_bounds = pyogrio.read_bounds(plots)

    assert (home_info["geometry_type"], home_info["features"]) == ("Point", 3)
    assert home_info["crs"] == "EPSG:4326"
    assert bounds[:, 0].tolist() == [109.24, -7.43, 109.24, -7.43]
    assert (plot_info["geometry_type"], plot_info["features"]) == ("Polygon", 6)
    assert plot_bounds[:, 0].tolist() == [109.1, -7.2, 109.2, -7.1]


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_opens_both_kinds_of_tables(
    client: FlaskClient, entries: Headers, tmp_path: Path
) -> None:
    save(client, entries, tmp_path, "buku.xlsx", format="xlsx")
    save(client, entries, tmp_path, "tabel.csv", format="csv", table="", bom="true")
    out = tmp_path / "out"

    for name in ("buku.xlsx", "tabel.csv"):
        subprocess.run(
            [
                str(OFFICE),
                f"-env:UserInstallation=file://{tmp_path}/profile",
                "--headless",
                *(["--infilter=CSV:44,34,76,1"] if name.endswith(".csv") else []),
                "--convert-to",
                "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false",
                "--outdir",
                str(out),
                str(tmp_path / name),
            ],
            check=True,
            capture_output=True,
            timeout=OFFICE_SECONDS,
        )

    by_name = {
        name: pd.read_csv(out / f"{name}.csv", dtype=str).set_index("KEY")
        for name in ("buku", "tabel")
    }
    assert by_name["buku"].loc["uuid:evil", "member-note"] == EVIL
    assert by_name["tabel"].loc["uuid:evil", "member-note"] == f"'{EVIL}"
    for frame in by_name.values():
        assert frame.loc["uuid:one", "member-note"] == WORDS
        assert frame.loc["uuid:one", "AreaCode"] == SEMEDO
        assert len(frame) == 3
