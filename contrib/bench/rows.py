"""The work that is measured: one function a row, the same commands to every server.

A row says whose mailbox it wants (`users`: what of corpus.py, how many), prepares a
session, and brackets with ctx.clock() what counts. Rows leave the mailbox as they
found it, so that rounds can repeat.
"""
import os
import time

import imap

ROWS = []
LIST_VIEW = "(UID FLAGS ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE)"
THUNDERBIRD = ("(UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date "
               "Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type "
               "Reply-To)])")
APPLE = ("(INTERNALDATE UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (date subject from to cc "
         "message-id in-reply-to references content-type x-priority x-uniform-type-identifier "
         "x-universally-unique-identifier)])")
K = {1000: "1,000", 10000: "10,000", 100000: "100,000", 1000000: "1,000,000"}


class Row:
    def __init__(self, name, title, kind, count, target, measure, repeat=1, needs=(), slow=(),
                 unit="ms", warm=True):
        self.name, self.title, self.kind, self.count = name, title, kind, count
        self.target, self.measure, self.repeat = target, measure, repeat
        self.needs, self.slow, self.unit, self.warm = needs, slow, unit, warm

    @property
    def user(self):
        return "%s%d" % (self.kind, self.count)


def row(name, title, kind, counts, target, **more):
    def note(measure):
        for count in counts if isinstance(counts, tuple) else (counts,):
            full = name if not isinstance(counts, tuple) else "%s-%d" % (name, count)
            ROWS.append(Row(full, title.replace("#", K.get(count, str(count))), kind, count,
                            target, measure, **more))
        return measure
    return note


def selected(ctx, mailbox="INBOX"):
    client = ctx.connect()
    client.do("SELECT " + mailbox)
    return client


@row("session", "connect, LOGIN, SELECT of # unchanged, LOGOUT", "varied", 10000, 0.5,
     repeat=20)
def session(ctx):
    with ctx.clock():
        for _ in range(ctx.row.repeat):
            client = ctx.log_in()
            client.do("SELECT INBOX")
            client.logout()


@row("session-preauth", "the same, where there is no login: mayfly, Courier", "varied", 10000, 0.5,
     repeat=20)
def session_preauth(ctx):
    with ctx.clock():
        for _ in range(ctx.row.repeat):
            client = ctx.connect()
            client.do("SELECT INBOX")
            client.logout()


def private_kb(pid):
    """Private dirty, swapped, and page tables."""
    kb = 0
    for line in open("/proc/%d/smaps_rollup" % pid):
        if line.startswith(("Private_Dirty:", "Swap:")):
            kb += int(line.split()[1])
    for line in open("/proc/%d/status" % pid):
        if line.startswith("VmPTE:"):
            kb += int(line.split()[1])
    return kb


@row("memory", "private memory of an idle session, # messages", "varied", (10000, 100000), None,
     unit="kB")
@row("memory", "private memory of an idle session, # messages", "links", (1000000,), None,
     unit="kB", slow=("dovecot", "courier"))
def memory(ctx):
    before = set(ctx.server.cpu.pids())
    client = selected(ctx)
    client.do("NOOP")
    time.sleep(0.3)         # the session gives memory back when it has nothing to do
    names = ("mayfly-imap", "imap", "imapd")
    kb = 0
    for pid in set(ctx.server.cpu.pids()) - before:
        try:
            if open("/proc/%d/comm" % pid).read().strip() not in names:
                continue
            kb += private_kb(pid)
        except OSError:
            pass
    client.close()
    ctx.value(kb)


@row("select", "SELECT of # unchanged", "varied", (10000, 100000), 0.5, repeat=10,
     slow=("courier",))
@row("select", "SELECT of # unchanged", "links", (1000000,), 0.5, repeat=5, slow=("courier",))
def select_again(ctx):
    # a session each: Dovecot keeps the mailbox that it has just left open
    clients = [ctx.connect() for _ in range(ctx.row.repeat)]
    with ctx.clock():
        for client in clients:
            client.do("SELECT INBOX")
    for client in clients:
        client.logout()


@row("select-delivery", "SELECT after one delivery into #", "varied", 100000, 0.05,
     slow=("courier",))
def select_delivery(ctx):
    selected(ctx).logout()
    path = ctx.deliver()
    client = ctx.connect()
    with ctx.clock():
        client.do("SELECT INBOX")
    client.do("NOOP")
    client.logout()
    ctx.undeliver(path)
    selected(ctx).logout()


@row("select-noindex", "SELECT of # without any index file", "varied", (10000, 100000), 0.7,
     slow=("courier",), warm=False)
def select_noindex(ctx):
    ctx.server.forget(ctx.row.user)
    client = ctx.connect()
    with ctx.clock():
        client.do("SELECT INBOX")
    client.logout()


@row("status", "STATUS of an unchanged mailbox of #", "varied", 100000, 0.5, repeat=10,
     slow=("courier",))
def status(ctx):
    clients = [ctx.connect() for _ in range(ctx.row.repeat)]
    with ctx.clock():
        for client in clients:
            client.do("STATUS INBOX (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)")
    for client in clients:
        client.logout()


@row("list-status", "LIST with STATUS of 1,000 folders", "varied", 1000, 0.5,
     needs=("LIST-STATUS",))
def list_status(ctx):
    client = ctx.connect()
    if not os.path.exists(ctx.server.maildir(ctx.row.user) + "/.F999"):
        tags = [client.send("CREATE F%d" % i) for i in range(1000)]
        client.finish(tags[-1])
        client.do('LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN))')
    with ctx.clock():
        client.do('LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN))')
    client.logout()


def fetching(items, command="FETCH"):
    def measure(ctx):
        client = selected(ctx)
        with ctx.clock():
            client.do("%s 1:* %s" % (command, items))
        ctx.octets = client.received
        client.logout()
    return measure


row("flags", "FETCH 1:* (UID FLAGS) of #", "varied", (10000, 100000), 0.15)(
    fetching("(UID FLAGS)"))
row("list", "list view of #, cached", "varied", (10000, 100000), 0.1, slow=("courier",))(
    fetching(LIST_VIEW))
row("thunderbird", "header fields as Thunderbird asks, cached, #", "varied", (10000, 100000), 0.3,
    slow=("courier",))(fetching(THUNDERBIRD, "UID FETCH"))
row("apple", "header fields as Apple Mail asks, cached, #", "varied", (10000, 100000), 0.3,
    slow=("courier",))(fetching(APPLE))


@row("list-uncached", "list view of #, nothing cached", "varied", (10000, 100000), 0.6,
     slow=("courier",), warm=False)
def list_uncached(ctx):
    ctx.server.forget(ctx.row.user)
    client = selected(ctx)
    with ctx.clock():
        client.do("FETCH 1:* " + LIST_VIEW)
    client.logout()


row("body", "BODY.PEEK[] of every message, 10,000 of 110 MB", "bodies", 10000, 0.6)(
    fetching("(UID BODY.PEEK[])"))


def searching(command):
    def measure(ctx):
        client = selected(ctx)
        with ctx.clock():
            client.do(command)
        client.logout()
    return measure


row("search-subject", "SEARCH SUBJECT of #, cached", "varied", (10000, 100000), 0.1,
    needs=("SEARCH",), slow=("courier",))(searching("SEARCH SUBJECT budget"))
row("search-subject-miss", "SEARCH SUBJECT without a hit, #, cached", "varied", (10000, 100000), 0.1,
    needs=("SEARCH",), slow=("courier",))(searching("SEARCH SUBJECT nowheretobefound"))
row("search-from", "SEARCH FROM of #, cached", "varied", (10000, 100000), 0.1,
    needs=("SEARCH",), slow=("courier",))(searching("SEARCH FROM lovelace"))
row("search-from-miss", "SEARCH FROM without a hit, #, cached", "varied", (10000, 100000), 0.1,
    needs=("SEARCH",), slow=("courier",))(searching("SEARCH FROM nowheretobefound"))
row("search-text", "SEARCH TEXT without a hit, #", "varied", (10000, 100000), 0.01,
    needs=("SEARCH",), slow=("courier", "dovecot"))(searching("SEARCH TEXT nowheretobefound"))
row("search-text-hit", "SEARCH TEXT in one of ten of #", "varied", (10000, 100000), 0.3,
    needs=("SEARCH",), slow=("courier", "dovecot"))(searching('SEARCH TEXT "ada lovelace"'))


@row("search-text-first", "SEARCH TEXT without a hit, #, texts not indexed", "varied",
     (10000, 100000), 1, needs=("SEARCH",), slow=("courier", "dovecot"), warm=False)
def search_text_first(ctx):
    client = selected(ctx)
    try:
        os.unlink(ctx.server.maildir(ctx.row.user) + "/mayfly-signatures")
    except FileNotFoundError:
        pass
    with ctx.clock():
        client.do("SEARCH TEXT nowheretobefound")
    client.logout()


row("sort", "SORT (SUBJECT) of #, cached", "varied", (10000, 100000), 0.5, needs=("SORT",),
    slow=("courier",))(searching("SORT (SUBJECT) UTF-8 ALL"))
row("thread", "THREAD REFERENCES of #, cached", "varied", (10000, 100000), 0.5,
    needs=("THREAD=REFERENCES",), slow=("courier",))(searching("THREAD REFERENCES UTF-8 ALL"))


@row("qresync", "SELECT (QRESYNC) after 10 changes in #", "varied", 100000, 0.02,
     needs=("QRESYNC",))
def qresync(ctx):
    client = ctx.connect()
    client.do("ENABLE QRESYNC")
    answer = client.do("SELECT INBOX", keep=True).decode()
    facts = [answer.split(word)[1].split("]")[0] for word in ("[UIDVALIDITY ", "[HIGHESTMODSEQ ")]
    for i in range(10):
        client.do("STORE %d FLAGS.SILENT (\\Seen $Work)" % (1000 + i * 1000))
    client.do("UNSELECT")
    time.sleep(0.05)        # older than the grain of the directory's clock
    with ctx.clock():
        client.do("SELECT INBOX (QRESYNC (%s %s))" % tuple(facts))
    for i in range(10):
        client.do("STORE %d -FLAGS.SILENT ($Work)" % (1000 + i * 1000))
    client.logout()


@row("idle", "delivery to EXISTS in IDLE", "varied", 1000, None, slow=("courier",))
def idle(ctx):
    client = selected(ctx)
    tag = client.send("IDLE")
    client.line()
    time.sleep(0.3)
    with ctx.clock():
        path = ctx.deliver()
        while b" EXISTS" not in client.line():
            pass
    client.sock.sendall(b"DONE\r\n")
    client.finish(tag)
    client.logout()
    ctx.undeliver(path)
    selected(ctx).logout()


def with_folder(ctx, client):
    """A second mailbox; its name as this server likes it."""
    name = "INBOX.Bench" if ctx.server.name == "courier" else "Bench"
    try:
        client.do("CREATE " + name)
    except RuntimeError:
        pass        # it is there from the last round
    return name


@row("copy", "COPY of 2,000", "varied", 10000, 0.8)
def copy(ctx):
    client = selected(ctx)
    folder = with_folder(ctx, client)
    with ctx.clock():
        client.do("COPY 1:2000 " + folder)
    client.do("SELECT " + folder)
    client.do("STORE 1:* +FLAGS.SILENT (\\Deleted)")
    client.do("EXPUNGE")
    client.logout()


@row("store", "STORE of 2,000", "varied", 10000, 0.8)
def store(ctx):
    client = selected(ctx)
    with ctx.clock():
        client.do("STORE 1:2000 +FLAGS.SILENT (\\Answered)")
    client.do("STORE 1:2000 -FLAGS.SILENT (\\Answered)")
    client.logout()


@row("expunge", "EXPUNGE of 2,000", "varied", 10000, 0.8)
def expunge(ctx):
    client = selected(ctx)
    folder = with_folder(ctx, client)
    client.do("COPY 1:2000 " + folder)
    client.do("SELECT " + folder)
    client.do("STORE 1:* +FLAGS.SILENT (\\Deleted)")
    with ctx.clock():
        client.do("EXPUNGE")
    client.logout()


def empty(client, folder):
    client.do("SELECT " + folder)
    client.do("STORE 1:* +FLAGS.SILENT (\\Deleted)")
    client.do("EXPUNGE")


@row("append", "APPEND of 4 kB", "varied", 1000, 0.8, repeat=20)
def append(ctx):
    client = ctx.connect()
    folder = with_folder(ctx, client)
    message = b"Subject: bench\r\n\r\n" + (b"x" * 62 + b"\r\n") * 64
    with ctx.clock():
        for _ in range(ctx.row.repeat):
            client.append(folder, message)
    empty(client, folder)
    client.logout()


@row("multiappend", "MULTIAPPEND of 1,000 of 4 kB", "varied", 1000, None,
     needs=("MULTIAPPEND",))
def multiappend(ctx):
    client = ctx.connect()
    folder = with_folder(ctx, client)
    message = b"Subject: bench\r\n\r\n" + (b"x" * 62 + b"\r\n") * 64
    one = b" {%d+}\r\n" % len(message) + message
    with ctx.clock():
        client.do(b"APPEND " + folder.encode() + one * 1000)
    empty(client, folder)
    client.logout()
