"""Files are taken out of a folder that a stranger writes, and never followed anywhere."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from handover.sandboxes.taking import NotTaken, plain, take

MOST = 1000


def link_to_a_file(outbox: Path) -> None:
    (outbox.parent / "secret").write_text("secret")
    (outbox / "it").symlink_to(outbox.parent / "secret")


def link_to_nothing(outbox: Path) -> None:
    (outbox / "it").symlink_to("nowhere")


def link_to_itself(outbox: Path) -> None:
    (outbox / "it").symlink_to("it")


def fifo(outbox: Path) -> None:
    os.mkfifo(outbox / "it")


def folder(outbox: Path) -> None:
    (outbox / "it").mkdir()


def listening(outbox: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(outbox / "it"))


def device(outbox: Path) -> None:
    (outbox / "it").symlink_to("/dev/zero")


def too_large(outbox: Path) -> None:
    (outbox / "it").write_bytes(b"x" * (MOST + 1))


def sparse(outbox: Path) -> None:
    with (outbox / "it").open("wb") as file:
        file.truncate(1 << 40)


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    (tmp_path / "outbox").mkdir()
    return tmp_path / "outbox"


@pytest.mark.parametrize(
    "made", [link_to_a_file, link_to_nothing, link_to_itself, fifo, folder, listening, device, too_large, sparse]
)
def test_what_is_no_file_of_its_size_stays(outbox: Path, made: Callable[[Path], None]) -> None:
    made(outbox)
    with pytest.raises(NotTaken, match="it cannot be taken out of the sandbox: it is"):
        take(outbox, "it", most_bytes=MOST)


@pytest.mark.parametrize("size", [0, 1, MOST])
def test_a_file_is_taken_whole(outbox: Path, size: int) -> None:
    (outbox / "it").write_bytes(b"x" * size)
    assert take(outbox, "it", most_bytes=MOST) == b"x" * size


def test_what_is_missing_is_none(outbox: Path) -> None:
    assert take(outbox, "it", most_bytes=MOST) is None


def test_what_is_counted_is_what_was_read() -> None:
    # A file that grows while it is read; here, one whose size the kernel gives as 0.
    grown = Path("/proc/self")
    assert (grown / "maps").stat().st_size == 0
    with pytest.raises(NotTaken, match="larger than 10 bytes"):
        take(grown.resolve(), "maps", most_bytes=10)


def test_a_folder_that_is_a_link_is_not_followed(outbox: Path) -> None:
    (outbox / "it").write_text("here")
    (outbox.parent / "link").symlink_to(outbox)
    with pytest.raises(NotTaken):
        take(outbox.parent / "link", "it", most_bytes=MOST)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "../it", "a\0b"])
def test_a_path_is_no_name(outbox: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a file"):
        take(outbox, name, most_bytes=MOST)
    with pytest.raises(ValueError, match="is no name of a file"):
        plain(name)
