"""A client that costs little: big reads, no parsing of what need not be looked at."""
import socket
import subprocess

CHUNK = 1 << 20


class Closed(Exception):
    pass


class Client:
    """One connection. login is (user, password), or None where the greeting is PREAUTH."""

    def __init__(self, port, login=None):
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = 0
        self.tail = b""
        self.greeting = self.line()
        if login and b"PREAUTH" not in self.greeting:
            self.do("LOGIN %s %s" % login)

    def line(self):
        while b"\r\n" not in self.tail:
            more = self.sock.recv(65536)
            if not more:
                raise Closed(self.tail)
            self.tail += more
        line, _, self.tail = self.tail.partition(b"\r\n")
        return line

    def send(self, command):
        """Send a command; its tag."""
        self.number += 1
        tag = b"zq%d" % self.number
        self.sock.sendall(tag + b" " + (command if isinstance(command, bytes)
                                         else command.encode()) + b"\r\n")
        return tag

    def finish(self, tag, keep=False):
        """Read to the tagged answer, which must be OK. Returns the bytes before it, if kept."""
        kept = bytearray(self.tail)
        self.tail = b""
        total = len(kept)
        end = bytes(kept[-4096:])
        room = bytearray(CHUNK)
        view = memoryview(room)
        while True:
            if end.endswith(b"\r\n"):
                at = end.rfind(b"\n", 0, len(end) - 2) + 1
                if end.startswith(tag + b" ", at):
                    break
            n = self.sock.recv_into(room)
            if n == 0:
                raise Closed(end)
            total += n
            if keep:
                kept += view[:n]
            end = (end + view[:n].tobytes())[-4096:] if n < 4096 else bytes(view[n - 4096:n])
        if not end.startswith(tag + b" OK", at):
            raise RuntimeError(end[at:].decode(errors="replace"))
        self.received = total
        return bytes(kept)

    def do(self, command, keep=False):
        return self.finish(self.send(command), keep)

    def append(self, mailbox, message):
        """APPEND with a synchronising literal, which every server has."""
        tag = self.send("APPEND %s {%d}" % (mailbox, len(message)))
        line = self.line()
        while not line.startswith(b"+"):
            line = self.line()
        self.sock.sendall(message + b"\r\n")
        self.finish(tag)

    def close(self):
        self.sock.close()

    def logout(self):
        try:
            self.do("LOGOUT")
        except Closed:
            pass
        self.sock.close()


def run_local(argv, script):
    """One conversation over pipes, as ssh and tunnels do it."""
    return subprocess.run(argv, input=script, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True).stdout
