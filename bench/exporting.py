"""A million cases out of the database into each kind of file, and the memory that it takes.

``python bench/exporting.py [ROWS [ENDING …]]`` starts a PostGIS of its own and prints JSON lines.
Ours is end to end: read, turned into local time, made harmless for spreadsheets, written aside
and put in place. The peer is ``geopandas.read_postgis`` and ``GeoDataFrame.to_file`` (or
``to_parquet``, ``to_csv``) of the same rows and columns. Each runs in a process of its own; its
memory is the kernel's high-water mark (VmHWM).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.database import open_database
from geodata.database.migrations import upgrade
from geodata.exchange import export_layer, import_file
from geodata.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from importing import incidents, lay_ground

ENDINGS = ("csv", "gpkg", "fgb", "parquet", "geojson", "shp", "kml", "xlsx")
LIMIT_MB = 1024
_PEERS = {"csv": "to_csv", "parquet": "to_parquet"}
_DRIVERS = {"gpkg": "GPKG", "fgb": "FlatGeobuf", "geojson": "GeoJSON", "shp": "ESRI Shapefile"}
_DRIVERS |= {"kml": "KML"}
_TOO_SLOW = {"xlsx"}
"""The peer takes minutes and several gigabytes; it has no part in the table."""
_COLUMNS = (
    "external_id, source, category, state, title, description, address, reporter_name, "
    "reporter_telephone, reported_at, due_at, closed_at, updated_at, area_code, grid_code, "
    "compound_code, geom"
)


def peak_mb() -> int:
    """The most memory that this process ever had, MB."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def measure(rows: int = 1_000_000, *endings: str) -> list[dict]:
    """Seconds and peak memory of both, for each kind of file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with open_database(Settings(data_dir=folder / "data", database_url=None)) as database:
            upgrade(database)
            lay_ground(database, folder, 2_000)
            incidents(rows).to_csv(folder / "incidents.csv", index=False)
            import_file(database, Actor.terminal(), "cases", folder / "incidents.csv")
            return [line for e in endings or ENDINGS for line in one(folder, rows, e)]


def one(folder: Path, rows: int, ending: str) -> list[dict]:
    """One kind of file: ours, then the peer's."""
    ours = _child("ours", folder, ending)
    if ours.pop("rows") != rows:
        raise RuntimeError("not all rows went out")
    name = f"export of cases to .{ending}"
    memory = {"name": f"memory of that {name}", "value": ours.pop("peak_mb"), "unit": "MB"}
    memory |= {"limit": LIMIT_MB}
    answer = {"name": name, "rows": rows, **ours, "load": round(os.getloadavg()[0], 2)}
    if ending in _TOO_SLOW:
        return [answer, memory]
    peer = _child("peer", folder, ending)
    answer |= {
        "peer": f"read_postgis and {_PEERS.get(ending, 'to_file')}",
        "peer_seconds": peer["seconds"],
        "peer_write_seconds": peer["write_seconds"],
        "ratio": round(peer["seconds"] / ours["seconds"], 2),
        "wanted": 1.0,
    }
    return [answer, memory | {"peer_mb": peer["peak_mb"]}]


def _child(who: str, folder: Path, ending: str) -> dict:
    out = folder / f"{who}.{ending}"
    done = subprocess.run(
        [sys.executable, __file__, "--child", who, str(folder / "data"), str(out)],
        check=True,
        capture_output=True,
        text=True,
    )
    for written in folder.glob(f"{who}.*"):
        written.unlink()
    return json.loads(done.stdout.splitlines()[-1])


def child(who: str, data_dir: str, out: str) -> None:
    """One export, in a process of its own."""
    path = Path(out)
    with open_database(Settings(data_dir=Path(data_dir), database_url=None)) as database:
        start = time.perf_counter()
        if who == "ours":
            answer = {"rows": export_layer(database, Actor.terminal(), "cases", path)}
        else:
            with database.read() as connection:
                query = sa.text(f"SELECT {_COLUMNS} FROM cases ORDER BY reported_at, id")
                frame = gpd.read_postgis(query, connection)
            read = time.perf_counter()
            _peer(frame, path)
            answer = {"write_seconds": round(time.perf_counter() - read, 2)}
        answer["seconds"] = round(time.perf_counter() - start, 2)
    size = sum(one.stat().st_size for one in path.parent.glob(f"{path.stem}.*"))
    print(json.dumps(answer | {"file_mb": size // 2**20, "peak_mb": peak_mb()}))


def _peer(frame: gpd.GeoDataFrame, path: Path) -> None:
    ending = path.suffix[1:]
    if ending == "parquet":
        frame.to_parquet(path)
        return
    if ending in _PEERS:
        table = frame.drop(columns="geom").assign(lon=frame.geom.x, lat=frame.geom.y)
        getattr(table, _PEERS[ending])(path, index=False)
        return
    frame.to_file(path, driver=_DRIVERS.get(ending, "ESRI Shapefile"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        for line in measure(*map(int, sys.argv[1:2]), *sys.argv[2:]):
            print(json.dumps(line))
