"""Group 0 as MCUmgr defines it: what the profile demands (echo, params), and reset."""

from .smp import EBUSY, EINVAL, ENOTSUP, READ, WRITE, SMPError

ECHO, RESET, PARAMS = 0, 5, 6


class OSGroup:
    """`reset` is told by a call, so that the answer goes out before it is done."""

    def __init__(self, buffer_size, buffer_count, is_measuring, reset):
        self.buffer_size, self.buffer_count = buffer_size, buffer_count
        self.is_measuring, self.reset = is_measuring, reset

    def handle(self, operation, command, body):
        if command == ECHO and operation in (READ, WRITE):
            if not isinstance(body.get("d"), str):
                raise SMPError(EINVAL)
            return {"r": body["d"]}
        if (operation, command) == (READ, PARAMS):
            return {"buf_size": self.buffer_size, "buf_count": self.buffer_count}
        if (operation, command) == (WRITE, RESET):
            if self.is_measuring() and not body.get("force"):
                raise SMPError(EBUSY)
            self.reset()
            return {}
        raise SMPError(ENOTSUP)
