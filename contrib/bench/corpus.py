"""Makes the mail that is measured: the same bytes on every machine and every day.

Three kinds: `varied` (threads, encoded headers, HTML alternatives, attachments;
about 4 kB a message), `bodies` (fewer, larger messages: 11 kB on the average),
and `links` (many small messages, which are hard links to a thousand files).
Knows nothing of servers: each gets a tree of hard links to what is made here.
"""
import base64
import os
import random
import shutil

EPOCH = 1700000000
PEOPLE = ["Ada Lovelace", "Grace Hopper", "Jürgen Groß", "Zoë Müller", "Ivan Petrov",
          "Chen Wei", "Łukasz Żak", "Mary Smith", "José Núñez", "Olga Ivanova"]
WORDS = ("report meeting budget release draft minutes invoice garden schedule weekend photos "
         "server ticket review question answer holiday contract sketch recipe").split()
TEXT = ("The quick brown fox jumps over the lazy dog while the committee considers whether "
        "the new arrangement of chairs is likely to please anybody at all.\n")
LINKED_FILES = 1000     # ext4 takes 65,000 links to a file


def encoded(text):
    """A header word as RFC 2047 wants it, when it needs that."""
    if text.isascii():
        return text
    return "=?utf-8?B?" + base64.b64encode(text.encode()).decode() + "?="


def header(rng, i, previous):
    """Header lines without Content-Type; previous is the message that this one answers."""
    sender = rng.choice(PEOPLE)
    subject = " ".join(rng.sample(WORDS, 4)) if previous is None else previous[1]
    if i % 7 == 0 and previous is None:
        subject = "Größe der " + subject
    lines = ["Return-Path: <p%d@example.org>" % (i % 97),
             "Received: from mx%d.example.org (mx%d.example.org [192.0.2.%d])\n"
             "\tby mail.example.com with ESMTPS id %08x for <me@example.com>" %
             (i % 9, i % 9, i % 250, i * 2654435761 % 2**32),
             "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=k1;\n\tb=" +
             base64.b64encode(rng.randbytes(96)).decode(),
             "Message-ID: <%d.%x@example.org>" % (i, i * 40503 % 65521)]
    if previous is not None:
        lines += ["In-Reply-To: " + previous[0], "References: " + previous[2] + " " + previous[0]]
    lines += ["From: %s <p%d@example.org>" % (encoded(sender), i % 97),
              "To: Me <me@example.com>, list%d@example.org" % (i % 12)]
    if i % 5 == 0:
        lines.append("Cc: " + ", ".join("c%d@example.org" % (i + k) for k in range(1 + i % 4)))
    day = i % 28 + 1
    lines += ["Date: %02d Nov 2023 %02d:%02d:%02d +0100" % (day, i % 24, i % 60, i // 60 % 60),
              "Subject: " + ("Re: " if previous else "") + encoded(subject),
              "MIME-Version: 1.0", "List-Id: <list%d.example.org>" % (i % 12)]
    return lines, subject


def body(rng, i, large):
    """Content-Type lines and body."""
    text = TEXT * rng.randint(3, 12) + "Number %d, %s.\n" % (i, rng.choice(WORDS))
    kind = rng.random()
    if kind < 0.5 and not large:
        return ["Content-Type: text/plain; charset=utf-8"], text
    boundary = "b%08x" % (i * 2246822519 % 2**32)
    parts = ["Content-Type: text/plain; charset=utf-8\n\n" + text,
             "Content-Type: text/html; charset=utf-8\n"
             "Content-Transfer-Encoding: quoted-printable\n\n<html><body><p>" +
             text.replace("\n", "=20\n</p><p>") + "</p></body></html>\n"]
    subtype = "alternative"
    if kind > 0.8 or large:
        size = rng.randint(4000, 18000) if large else rng.randint(1000, 6000)
        parts[1:] = ["Content-Type: application/pdf; name=\"%s\"\n"
                     "Content-Disposition: attachment; filename=\"%s.pdf\"\n"
                     "Content-Transfer-Encoding: base64\n\n" % (WORDS[i % 20], WORDS[i % 20]) +
                     base64.encodebytes(rng.randbytes(size)).decode()]
        subtype = "mixed"
    joined = "".join("--%s\n%s\n" % (boundary, p) for p in parts) + "--%s--\n" % boundary
    return ["Content-Type: multipart/%s; boundary=\"%s\"" % (subtype, boundary)], joined


def message(rng, i, recent, large=False):
    """The bytes of message i; recent is the list of the last ones, for threads."""
    previous = rng.choice(recent) if recent and rng.random() < 0.6 else None
    lines, subject = header(rng, i, previous)
    content, text = body(rng, i, large)
    own_id = next(l for l in lines if l.startswith("Message-ID"))[12:]
    recent.append((own_id, subject, previous[2] + " " + previous[0] if previous
                   and len(previous[2]) < 400 else own_id))
    del recent[:-40]
    return ("\n".join(lines + content) + "\n\n" + text).encode()


def flags(i):
    return "S" if i % 10 < 8 else "FS" if i % 10 == 8 else ""


def name(i):
    return "%d.M%dP%d.bench:2,%s" % (EPOCH + i // 10, i % 1000000, i % 32768, flags(i))


def make(root, kind, count):
    """The directory of `count` messages of this kind; made only once."""
    where = os.path.join(root, "%s-%d" % (kind, count))
    if os.path.exists(where + "/complete"):
        return where
    shutil.rmtree(where, ignore_errors=True)
    for part in ("cur", "new", "tmp"):
        os.makedirs(where + "/" + part)
    rng = random.Random(kind + str(count))
    recent = []
    paths = []
    for i in range(count):
        path = "%s/cur/%s" % (where, name(i))
        if kind == "links" and i >= LINKED_FILES:
            os.link(paths[i % LINKED_FILES], path)
            continue
        with open(path, "wb") as out:
            if kind == "links":
                lines, _ = header(rng, i, None)
                out.write(("\n".join(lines) + "\n\nSmall.\n").encode())
                paths.append(path)
            else:
                out.write(message(rng, i, recent, kind == "bodies"))
        os.utime(path, (EPOCH + i, EPOCH + i))
    open(where + "/complete", "w").close()
    return where


def link_tree(source, target, uid, gid):
    """A Maildir of hard links to source, which its owner may rename and remove."""
    shutil.rmtree(target, ignore_errors=True)
    for part in ("cur", "new", "tmp"):
        os.makedirs(target + "/" + part)
    for entry in os.scandir(source + "/cur"):
        os.link(entry.path, "%s/cur/%s" % (target, entry.name))
        if entry.stat().st_uid != uid and os.getuid() == 0:
            os.chown(entry.path, uid, gid)
    if os.getuid() == 0:
        for part in ("", "/cur", "/new", "/tmp"):
            os.chown(target + part, uid, gid)
