#!/usr/bin/env python3
"""Compare what we say of messages with what Dovecot says of them.

compare.py [--known FILE] [--generate SEED COUNT] [MESSAGE...]

For each message: ENVELOPE, BODY, BODYSTRUCTURE, RFC822.SIZE and every section of
every part. Differences of a kind that KINDS explains are counted; any other is
printed and makes the exit status 1, unless FILE lists it (a line
"name | item | ours | reason"; a line that fits nothing is an error too).
Needs tests/mail/describe from the build tree (MAYFLY_BUILD) and Debian's
dovecot-imapd (MAYFLY_PEER_IMAP: its program "imap" elsewhere); status 77 when there is none.
"""
import collections
import itertools
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
IMAP = os.environ.get("MAYFLY_PEER_IMAP", "/usr/lib/dovecot/imap")
DESCRIBE = os.path.join(os.environ.get("MAYFLY_BUILD", "."), "tests/mail/describe")
DEFAULT_TEXT = [b"text", b"plain", [b"charset", b"us-ascii"]]

KINDS = {
    "bad-type": "a Content-Type that is none is text/plain; us-ascii (RFC 2045 5.2); the peer says type \"\" subtype \"\"",
    "line-end": "the line end in front of a boundary is the boundary's (RFC 2046 5.1.1); the peer gives it to a multipart "
                "or message that ends there, and counts it in the message's size and lines",
    "blank-line": "a header without an empty line has none in HEADER.FIELDS either (RFC 9051 6.4.5.1); the peer adds one, "
                  "and for a message inside reads on into the boundary",
    "cr-cr": "header fields are sent as they are; the peer drops a CR in front of CR LF",
    "cannot decode": "a body that breaks its encoding is decoded as far as it goes (RFC 3516 wants UNKNOWN-CTE only for "
                     "encodings nobody knows); the peer closes the connection, also for x-uuencode and a folded field",
    "global": "message/global has an envelope and parts (RFC 9051 7.5.2, RFC 6532 3.7); to the peer it is a leaf",
    "blanks": "blanks in front of a value, among bare CRs; the peer keeps others",
    "no mime": "without MIME-Version and Content-Type there is no encoding (RFC 2045 4), as BODYSTRUCTURE says; the peer decodes",
    "open-comment": "a comment that never ends (RFC 5322 3.2.2) is no name; the peer takes what it had read by chance",
    "star": "names with asterisks that make no series from 0 (RFC 2231 3), or differ in case; the peer joins or numbers them otherwise",
    "order": "the order of parameters means nothing (RFC 2045 5.1)",
    "percent": "a blank in a plain piece among encoded ones becomes %20 (RFC 2231 7); the peer leaves it",
    "bare-cr": "a bare CR inside an address becomes a blank; the peer passes it on",
}


# The peer

def literal_line(stream):
    """One response with the literals inside it"""
    out = b""
    while True:
        line = stream.readline()
        if not line:
            raise EOFError
        out += line
        match = re.search(rb"~?\{(\d+)\}\r\n$", line)
        if not match:
            return out
        out += stream.read(int(match.group(1)))


def parse_imap(text):
    """Lists, bytes, numbers, None for NIL, and atoms as ("atom", bytes)"""
    at, stack = 0, [[]]
    atom = re.compile(rb"[^ ()\r\n\"\[{]*(\[[^\]]*\])?(<\d+>)?")
    while at < len(text):
        c = text[at:at + 1]
        if c == b"(":
            stack.append([])
            at += 1
        elif c == b")":
            done = stack.pop()
            stack[-1].append(done)
            at += 1
        elif c in b" \r\n":
            at += 1
        elif c == b"\"":
            out = bytearray()
            at += 1
            while text[at:at + 1] != b"\"":
                if text[at:at + 1] == b"\\":
                    at += 1
                out += text[at:at + 1]
                at += 1
            at += 1
            stack[-1].append(bytes(out))
        elif c in b"~":
            at += 1
        elif c == b"{":
            end = text.index(b"}", at)
            size = int(text[at + 1:end])
            at = end + 3
            stack[-1].append(text[at:at + size])
            at += size
        else:
            match = atom.match(text, at)
            if not match.group(0):
                raise ValueError("not IMAP: %r" % text[at:at + 40])
            at = match.end()
            word = match.group(0)
            stack[-1].append(None if word == b"NIL" else int(word) if word.isdigit() else ("atom", word))
    if len(stack) != 1:
        raise ValueError("unbalanced")
    return stack[0]


class Peer:
    """Dovecot's imap on pipes, PREAUTH, on a Maildir of its own"""

    def __init__(self, messages):
        self.root = tempfile.mkdtemp(prefix="mayfly-peer-")
        for name in ("cur", "new", "tmp"):
            os.makedirs("%s/Maildir/%s" % (self.root, name))
        os.mkdir(self.root + "/run")
        for i, data in enumerate(messages, 1):
            with open("%s/Maildir/cur/%d.M%06d.x:2,S" % (self.root, 1000000000 + i, i), "wb") as f:
                f.write(data)
        # mail is not served to root: then as nobody
        uid, gid = os.getuid(), os.getgid()
        self.command = [IMAP, "-c", self.root + "/dovecot.conf"]
        if uid == 0:
            nobody = pwd.getpwnam("nobody")
            uid, gid = nobody.pw_uid, nobody.pw_gid
            self.command = ["setpriv", "--reuid=%d" % uid, "--regid=%d" % gid, "--clear-groups"] + self.command
        with open(self.root + "/dovecot.conf", "w") as f:
            f.write("base_dir=%s/run\nstate_dir=%s/run\nmail_location=maildir:%s/Maildir\nlog_path=%s/log\n"
                    "first_valid_uid=0\nfirst_valid_gid=0\nmail_uid=%d\nmail_gid=%d\nssl=no\nmail_fsync=never\n"
                    "protocols=imap\nstats_writer_socket_path=\n" % (self.root, self.root, self.root, self.root, uid, gid))
        if os.getuid() == 0:
            os.chmod(self.root, 0o755)
            for directory, _, files in os.walk(self.root):
                for name in [directory] + [os.path.join(directory, f) for f in files]:
                    os.chown(name, uid, gid)
        self.tag = 0
        self.start()

    def start(self):
        env = dict(os.environ, HOME=self.root, USER=pwd.getpwuid(os.getuid()).pw_name)
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=open(self.root + "/err", "ab"), env=env)
        literal_line(self.process.stdout)
        self.say("SELECT INBOX")

    def say(self, command):
        self.tag += 1
        tag = b"a%d " % self.tag
        self.process.stdin.write(tag + command.encode() + b"\r\n")
        self.process.stdin.flush()
        answers = []
        while True:
            line = literal_line(self.process.stdout)
            if line.startswith(tag):
                return answers
            answers.append(line)

    def fetch(self, number, items):
        """Items by name; None when the peer died of it"""
        try:
            answers = self.say("FETCH %d (%s)" % (number, items))
        except (EOFError, BrokenPipeError):
            self.start()
            return None
        got = {}
        for line in answers:
            if b" FETCH (" in line[:40]:
                values = parse_imap(line)[3]
                for name, value in zip(values[::2], values[1::2]):
                    got[name[1].decode().upper()] = value
        return got

    def close(self):
        try:
            self.say("LOGOUT")
        except (EOFError, BrokenPipeError):
            pass
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.root)


# We

def describe(paths):
    process = subprocess.Popen([DESCRIBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def feed():
        process.stdin.write("".join(p + "\n" for p in paths).encode())
        process.stdin.close()
    threading.Thread(target=feed).start()
    for path in paths:
        items = {}
        while True:
            line = process.stdout.readline()
            if not line:
                raise EOFError("describe died of " + path)
            if line == b".\n":
                break
            name, size = line.decode().rsplit(" ", 1)
            items[name] = process.stdout.read(int(size))
            process.stdout.read(1)
        yield items
    process.wait()


# The differences: each finder calls add(kind or None, item, ours, theirs)

def compare_text(a, b, item, add):
    if a == b:
        return
    kind = None
    if isinstance(a, bytes) and isinstance(b, bytes):
        if a.lstrip(b" \t") == b.lstrip(b" \t"):
            kind = "blanks"
        elif a == b.replace(b"\r", b" "):
            kind = "bare-cr"
    add(kind, item, a, b)


def compare_envelope(a, b, item, add):
    names = ("date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to", "message-id")
    for name, x, y in zip(names, a, b):
        where = item + "." + name
        if not (isinstance(x, list) and isinstance(y, list) and len(x) == len(y)):
            compare_text(x, y, where, add)
            continue
        for p, q in zip(x, y):
            if p == q:
                continue
            if p[0] is None and q[0] and p[1:] == q[1:]:
                add("open-comment", where, p, q)
            else:
                for r, s in zip(p, q):
                    compare_text(r, s, where, add)


def compare_params(a, b, item, add):
    if a == b:
        return
    kind = None
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        def plain(v):
            return v.replace(b"%20", b" ").replace(b"%09", b"\t")
        if all(plain(x) == plain(y) for x, y in zip(a, b)):
            kind = "percent"
        elif sorted(zip(a[::2], a[1::2])) == sorted(zip(b[::2], b[1::2])):
            kind = "order"
    def starless(values):
        return [(x, y) for x, y in zip(values[::2], values[1::2]) if b"*" not in x]
    if kind is None and isinstance(a, list) and isinstance(b, list) and starless(a) == starless(b):
        kind = "star"
    add(kind, item, a, b)


def compare_rest(names, a, b, item, add):
    """What follows: one value a name"""
    if len(a) != len(b):
        add(None, item, a, b)
        return
    for name, x, y in zip(names, a, b):
        where = item + "." + name
        if name == "type" and x is not None and y is not None:
            x, y = x.lower(), y.lower()
        if name == "parameters":
            compare_params(x, y, where, add)
        elif name == "disposition" and isinstance(x, list) and isinstance(y, list):
            compare_text(x[0], y[0], where, add)
            compare_params(x[1], y[1], where, add)
        else:
            compare_text(x, y, where, add)


EXTENSION = ("md5", "disposition", "language", "location")


def is_multipart(body):
    return isinstance(body[0], list)


def compare_body(a, b, item, add):
    if a == b:
        return
    if is_multipart(a) != is_multipart(b):
        add(None, item, a, b)
        return
    if is_multipart(a):
        xs = list(itertools.takewhile(lambda v: isinstance(v, list), a))
        ys = list(itertools.takewhile(lambda v: isinstance(v, list), b))
        if len(xs) != len(ys):
            add(None, item + ".parts", len(xs), len(ys))
            return
        for i, (x, y) in enumerate(zip(xs, ys), 1):
            compare_body(x, y, "%s.%d" % (item, i), add)
        compare_rest(("type", "parameters") + EXTENSION[1:], a[len(xs):], b[len(ys):], item, add)
        return
    if a[:3] == DEFAULT_TEXT and b[:3] != DEFAULT_TEXT and (b[1] == b"" or b[:2] == [b"application", b"octet-stream"]):
        add("bad-type", item, a[:3], b[:3])
        if len(a) != len(b):
            a = a[:7] + a[8:]
        compare_rest(("id", "description", "encoding", "size") + EXTENSION, a[3:], b[3:], item, add)
        return
    lower = [v.lower() for v in a[:2]]
    if lower == [b"message", b"global"] and len(a) != len(b):
        add("global", item, None, None)
        return
    if lower == [b"message", b"rfc822"] and len(a) == len(b) and len(a) >= 10:
        compare_rest(("type", "type", "parameters", "id", "description", "encoding"), a[:6], b[:6], item, add)
        if a[6] != b[6]:
            add("line-end" if b[6] == a[6] + 2 else None, item + ".size", a[6], b[6])
        compare_envelope(a[7], b[7], item + ".envelope", add)
        compare_body(a[8], b[8], item + ".message", add)
        if a[9] != b[9]:
            add("line-end" if (b[6], b[9]) == (a[6] + 2, a[9] + 1) else None, item + ".lines", a[9], b[9])
        compare_rest(EXTENSION, a[10:], b[10:], item, add)
        return
    names = ["type", "type", "parameters", "id", "description", "encoding", "size"]
    if lower[0] == b"text":
        names.append("lines")
    compare_rest(names + list(EXTENSION), a, b, item, add)


def part_kinds(body, path, kinds, root=True):
    """What each part number is: multipart, message, global or leaf"""
    if is_multipart(body):
        if not root:
            kinds[path] = "multipart"
        for i, part in enumerate(itertools.takewhile(lambda v: isinstance(v, list), body), 1):
            part_kinds(part, "%s%s%d" % (path, "." if path else "", i), kinds, False)
        return
    if root:
        path += ".1" if path else "1"
    kinds[path] = "leaf"
    if body[0].lower() == b"message" and len(body) >= 10 and isinstance(body[8], list):
        kinds[path] = "global" if body[1].lower() == b"global" else "message"
        part_kinds(body[8], path, kinds)


def compare_section(name, a, b, kinds, header, add):
    if a == b:
        return
    words = name[5:-1]
    path = re.match(r"[0-9.]*", words).group(0).strip(".")
    word = words[len(path):].strip(".")
    above = [".".join(path.split(".")[:i]) for i in range(1, path.count(".") + 2)]
    kind = None
    if any(kinds.get(p) == "global" for p in above):
        kind = "global"
    elif word.startswith("HEADER.FIELDS") and b is not None \
            and header != b"\r\n" and not header.endswith(b"\n\r\n") and b.endswith(b"\r\n") and b.startswith(a.replace(b"\r\r\n", b"\r\n") if a.endswith(b"\n") else b""):
        kind = "blank-line"
    elif word.startswith("HEADER.FIELDS") and b is not None and b == re.sub(b"\r+\n", b"\r\n", a):
        kind = "cr-cr"
    elif word in ("", "TEXT") and kinds.get(path) in ("multipart", "message") and b == a + b"\r\n":
        kind = "line-end"
    add(kind, name, a, b)


def compare_binary(name, a, theirs, kinds, section, add):
    b = theirs.get(name.upper()) if theirs else None
    if a != b:
        kind = "cannot decode" if b is None else None
        if any(kinds.get(name[7:-1].rsplit(".", i)[0]) == "global" for i in range(1, name.count(".") + 1)):
            kind = "global"
        elif kind is None and a == section:
            kind = "no mime"
        add(kind, name, a, b)


def compare_message(ours, peer, number, add):
    theirs = peer.fetch(number, "ENVELOPE BODY BODYSTRUCTURE RFC822.SIZE")
    if theirs is None:
        add(None, "peer died", "", "")
        return
    parsed = {name: parse_imap(ours[name])[0] for name in ("ENVELOPE", "BODY", "BODYSTRUCTURE")}
    compare_envelope(parsed["ENVELOPE"], theirs["ENVELOPE"], "ENVELOPE", add)
    compare_body(parsed["BODY"], theirs["BODY"], "BODY", add)
    compare_body(parsed["BODYSTRUCTURE"], theirs["BODYSTRUCTURE"], "BODYSTRUCTURE", add)
    if int(ours["RFC822.SIZE"]) != theirs["RFC822.SIZE"]:
        add(None, "RFC822.SIZE", int(ours["RFC822.SIZE"]), theirs["RFC822.SIZE"])
    kinds = {}
    part_kinds(parsed["BODY"], "", kinds)
    for name in [name for name in ours if name.startswith("BINARY[")]:
        if kinds.get(name[7:-1]) != "leaf":
            continue
        theirs = peer.fetch(number, "BINARY.PEEK" + name[6:])
        compare_binary(name, ours[name], theirs, kinds, ours.get("BODY" + name[6:]), add)
    sections = [name for name in ours if name.startswith("BODY[")]
    for i in range(0, len(sections), 200):
        some = sections[i:i + 200]
        if any(name.endswith("-WRONG-SIZE") for name in some):
            add(None, "a section's size", "", "")
            return
        theirs = peer.fetch(number, " ".join("BODY.PEEK" + name[4:] for name in some))
        if theirs is None:
            add(None, "peer died", "", "")
            return
        for name in some:
            header = ours.get(re.sub(r"HEADER.*", "HEADER]", name), b"")
            compare_section(name, ours[name], theirs.get(name.upper()), kinds, header, add)


def short(value):
    text = repr(value)
    return text if len(text) <= 200 else text[:100] + "..." + text[-97:]


def read_known(path):
    known = {}
    with open(path) as f:
        for line in f:
            fields = [field.strip() for field in line.split("|")]
            if len(fields) >= 4 and not line.startswith("#"):
                known[fields[0], fields[1]] = False
    return known


def main():
    arguments = sys.argv[1:]
    known, paths, scratch = {}, [], None
    while arguments:
        word = arguments.pop(0)
        if word == "--known":
            known = read_known(arguments.pop(0))
        elif word == "--generate":
            import generate
            scratch = scratch or tempfile.mkdtemp(prefix="mayfly-odd-")
            for seed in range(int(arguments[0]), int(arguments[0]) + int(arguments[1])):
                paths.append("%s/odd-%06d.eml" % (scratch, seed))
                with open(paths[-1], "wb") as f:
                    f.write(generate.message(seed))
            del arguments[:2]
        else:
            paths.append(word)
    if not os.access(IMAP, os.X_OK):
        print("no Dovecot here (Debian: dovecot-imapd)")
        return 77
    messages = []
    for path in paths:
        with open(path, "rb") as f:
            messages.append(f.read())
    peer = Peer(messages)
    counts, news = collections.Counter(), 0
    for number, (path, ours) in enumerate(zip(paths, describe(paths)), 1):
        name = os.path.basename(path)
        seen = set()

        def add(kind, item, a, b):
            nonlocal news
            seen.add(kind)
            if (name, item) in known:
                known[name, item] = True
            elif known and name.endswith(".eml") and not name.startswith("odd-"):
                news += 1
                print("%s | %s | %s | %s (theirs: %s)" % (name, item, short(a), kind, short(b)))
            elif kind is None:
                news += 1
                print("%s: %s\n  ours   %s\n  theirs %s" % (name, item, short(a), short(b)))
        compare_message(ours, peer, number, add)
        counts.update(seen)
    peer.close()
    if scratch:
        shutil.rmtree(scratch)
    names = set(os.path.basename(path) for path in paths)
    for (name, item), used in known.items():
        if not used and name in names:
            news += 1
            print("%s | %s: listed, but there is no such difference" % (name, item))
    print("%d messages, %d differences that nobody explained" % (len(paths), news))
    for kind, count in sorted(counts.items(), key=str):
        print("%6d messages: %s" % (count, "%s: %s" % (kind, KINDS[kind]) if kind else "listed one by one"))
    return 1 if news else 0


if __name__ == "__main__":
    sys.exit(main())
