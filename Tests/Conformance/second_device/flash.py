"""What survives a power cut: small values in one file, and pieces (records, images) in files of their own."""

import os
import time

from . import cbor


class Flash:
    """Each call is durable when it returns, and a power cut leaves the old or the new."""

    # Seconds that writing a part takes.
    write_time = 0

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        content = self.piece("values")
        self.values = cbor.decode(content) if content else {}

    def get(self, name, default=None):
        return self.values.get(name, default)

    def put(self, **values):
        """All of them together."""
        self.values = {**self.values, **values}
        self.put_piece("values", cbor.encode(self.values))

    def piece(self, name):
        """None where there is none."""
        path = self.folder / name
        return path.read_bytes() if path.exists() else None

    def pieces(self, prefix):
        return sorted(path.name for path in self.folder.glob(prefix + "*") if path.suffix != ".part")

    def put_piece(self, name, content):
        part = self.folder / f"{name}.part"
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self.folder / name)
        self._settle()

    def drop_piece(self, name):
        (self.folder / name).unlink(missing_ok=True)
        self._settle()

    def append_piece(self, name, offset, content):
        """Writes behind `offset`, where a piece is put together."""
        time.sleep(self.write_time)
        with open(self.folder / name, "r+b" if (self.folder / name).exists() else "wb") as file:
            file.seek(offset)
            file.truncate()
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _settle(self):
        folder = os.open(self.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
