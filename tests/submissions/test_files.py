"""The store of files: each content once, whole, or not at all."""

import hashlib
import os
from pathlib import Path
from threading import Barrier, Thread

import pytest

from fieldapp.submissions.files import FileStore, StoredFile, file_store

PHOTO = b"\xff\xd8 a photo " * 5000
DIGEST = hashlib.sha256(PHOTO).digest()


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def keep(store: FileStore, content: bytes, *, piece: int = 4096) -> StoredFile:
    with store.writer() as writer:
        for start in range(0, len(content), piece):
            writer.write(content[start : start + piece])
        return writer.finish()


def contents(store: FileStore) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


def test_what_was_written_in_pieces_is_read_back_whole(store: FileStore) -> None:
    stored = keep(store, PHOTO, piece=777)

    assert stored == StoredFile(DIGEST, len(PHOTO))
    assert store.path(DIGEST).name == DIGEST.hex()
    with store.open(DIGEST) as file:
        assert file.read() == PHOTO


def test_the_same_content_twice_stands_once(store: FileStore) -> None:
    keep(store, PHOTO)
    keep(store, PHOTO)

    assert contents(store) == [store.path(DIGEST)]


def test_an_empty_file_is_a_content_too(store: FileStore) -> None:
    stored = keep(store, b"")

    assert stored.size == 0
    assert store.path(stored.digest).read_bytes() == b""


def test_an_upload_that_breaks_off_leaves_nothing(store: FileStore) -> None:
    def break_off() -> None:
        with store.writer() as writer:
            writer.write(PHOTO)
            writer.seal()
            raise ConnectionError

    with pytest.raises(ConnectionError):
        break_off()

    assert contents(store) == []


def test_a_sealed_content_has_no_name_before_it_is_finished(store: FileStore) -> None:
    with store.writer() as writer:
        writer.write(PHOTO)
        sealed = writer.seal()
        before = store.path(DIGEST).exists()
        finished = writer.finish()

    assert not before
    assert sealed == finished
    assert store.path(DIGEST).read_bytes() == PHOTO


def test_a_content_cut_short_by_a_failing_disk_is_replaced(store: FileStore) -> None:
    keep(store, PHOTO)
    store.path(DIGEST).write_bytes(PHOTO[:100])

    keep(store, PHOTO)

    assert store.path(DIGEST).read_bytes() == PHOTO


def test_what_a_dead_process_left_is_removed_and_running_uploads_stay(
    store: FileStore,
) -> None:
    abandoned = store.incoming / "abandoned"
    abandoned.write_bytes(PHOTO)
    os.utime(abandoned, (1_000_000, 1_000_000))

    with store.writer() as writer:
        writer.write(PHOTO)
        removed = store.remove_abandoned()
        writer.finish()

    assert removed == 1
    assert contents(store) == [store.path(DIGEST)]


def test_a_process_clears_the_store_when_it_first_opens_it(tmp_path: Path) -> None:
    abandoned = FileStore(tmp_path / "files").incoming / "abandoned"
    abandoned.write_bytes(b"x")
    os.utime(abandoned, (1_000_000, 1_000_000))

    store = file_store(tmp_path / "files")

    assert not abandoned.exists()
    assert file_store(tmp_path / "files") is store


def test_many_threads_with_the_same_photo_leave_one_copy(store: FileStore) -> None:
    barrier = Barrier(8)
    stored: list[StoredFile] = []

    def upload() -> None:
        barrier.wait()
        stored.append(keep(store, PHOTO))

    threads = [Thread(target=upload) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert stored == [StoredFile(DIGEST, len(PHOTO))] * 8
    assert contents(store) == [store.path(DIGEST)]
    assert store.path(DIGEST).read_bytes() == PHOTO


def test_a_content_is_on_the_disk_before_it_has_its_name(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(descriptor: int) -> None:
        is_folder = Path(f"/proc/self/fd/{descriptor}").is_dir()
        steps.append("folder" if is_folder else "file")
        fsync(descriptor)

    def note_replace(source: Path, target: Path) -> Path:
        steps.append("named")
        return replace(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_replace)
    keep(store, PHOTO)

    assert steps == ["file", "folder", "folder", "named", "folder"]
