#!/usr/bin/env python3
"""Make odd messages: generate.py SEED COUNT DIRECTORY

Every message is a function of its seed alone. Headers, addresses, types,
parameters and boundaries are put together from good and broken pieces, then
some messages are mutated byte by byte and line by line. Odd seeds are wild;
even seeds are calm: nearly all in order, so that one fault is not hidden by
another.
"""
import os
import random
import sys

WORDS = ["ada", "ben", "Ada", "Lark", "x", "list", "a.b", "no-reply", "o'hara", "B.", "\u00e4", "a=b", "!#$"]
HOSTS = ["example.org", "b", "x.y.z", "[192.0.2.1]", "[IPv6:2001:db8::1]", "b .c", "b. c", "", "b.", ".b", "b..c", "[x", "ex\u00e4mple"]
TYPES = ["text/plain", "text/html", "TEXT/Plain", "text", "application/pdf", "application/octet-stream", "image/png",
         "multipart/mixed", "multipart/mixed", "multipart/alternative", "multipart/digest", "multipart/related", "multipart",
         "message/rfc822", "message/rfc822", "Message/RFC822", "message/delivery-status", "message/partial",
         "message/external-body", "message/global", "x-y/z", "", "/", "text/", "/plain", "text/plain/x", "text /plain",
         "text/ plain", "(c)text/plain", "text(c)/(d)plain(e)", "\"text/plain\"", "te xt/plain", "multipart/mixed(c)",
         "multipart/", "application/ms-tnef", "video/*", "a/b.c+d", "text/x\u00e4"]
GOOD_TYPES = ["text/plain", "text/html", "application/pdf", "image/png", "multipart/mixed", "multipart/mixed",
              "multipart/alternative", "multipart/digest", "multipart/related", "message/rfc822", "message/rfc822",
              "message/delivery-status", "text/calendar"]
BOUNDARIES = ["a", "b", "ab", "abc", "a--", "--", "-", "=_x", "b b", "b ", "----=_Part_1_2.3", "(x)", "a\"b", "", "a" * 69, "a" * 70]
ENCODINGS = ["7bit", "8bit", "binary", "base64", "quoted-printable", "BASE64", "x-uuencode", "x y", "", "(c) base64 (d)",
             "base64;", "\"base64\"", "quoted-printable\t", "8bit(x)", "7-bit", "base64 x"]
EOLS = ["\n", "\n", "\n", "\n", "\r\n", "\r\n"]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.eol = self.r.choice(EOLS)
        self.depth = 0
        self.budget = 30    # parts
        self.calm = seed % 2 == 0
        self.boundaries = 0

    def pick(self, *choices):
        # what is usual stands first
        if self.calm and self.r.random() < 0.9:
            return choices[0]
        return self.r.choice(choices)

    def number(self, *choices):
        return self.r.choice(choices)

    def chance(self, p):
        if self.calm and p < 0.12:
            p /= 8
        return self.r.random() < p

    def type(self):
        return self.r.choice(GOOD_TYPES if self.calm and self.r.random() < 0.97 else TYPES)

    def boundary(self):
        if self.calm and self.r.random() < 0.95:
            self.boundaries += 1
            return self.r.choice(["b%d", "=_%d", "----=_Part_%d"]) % self.boundaries
        return self.r.choice(BOUNDARIES)

    def blank(self):
        if self.chance(0.98 if self.calm else 0.85):
            return ""
        return self.number(" ", "  ", "\t", " \t ", self.eol + " ", self.eol + "\t", self.eol + "  ", "(c)", " (a b) ", "(c(d))", "(\\))", "()")

    def quoted(self):
        inner = self.pick("a b", "a", "", "Lark, Ada", "x\\\"y", "a\\\\b", "a@b", "<a@b>", "a  b", " a ", "a;b", "(c)", "a" + self.eol + " b",
                          "\u00e4", "=?utf-8?q?=C3=A4?=", "a\tb", "\\a", "a\\")
        if self.chance(0.05):
            return "\"" + inner
        return "\"" + inner + "\""

    def word(self):
        return self.quoted() if self.chance(0.2) else self.r.choice(WORDS)

    def phrase(self):
        n = self.number(0, 1, 1, 1, 2, 2, 3)
        sep = self.pick(" ", " ", " ", "  ", "", ". ", ".", "\t", self.eol + " ")
        return sep.join(self.word() for _ in range(n))

    def addr_spec(self):
        local = self.word()
        if self.chance(0.1):
            local += self.pick(".", "..", " . ") + self.word()
        if self.chance(0.08):
            return local
        hosts = HOSTS[:5] if self.calm else HOSTS
        return local + self.blank() + self.pick("@", "@", "@", "@", "@", "@", "@@", " ") + self.blank() + self.r.choice(hosts)

    def address(self):
        k = self.r.random() * (0.95 if self.calm else 1)
        if k < 0.3:
            return self.blank() + self.addr_spec() + self.blank()
        if k < 0.75:
            route = ""
            if self.chance(0.08):
                route = self.pick("@r:", "@r1,@r2:", "@r", "@:", "@r1,,@r2:", "@r (c) :", ":", "@[1.2]:")
            angle = self.pick("<%s>", "<%s>", "<%s>", "<%s>", "<%s>", "<%s>", "<%s", "<<%s>>", "%s>", "< %s >")
            return self.blank() + self.phrase() + self.pick(" ", "", "  ") + angle % (route + self.pick(self.addr_spec(), self.addr_spec(), self.addr_spec(), self.addr_spec(), "")) + self.blank()
        if k < 0.85:
            return self.addr_spec() + self.pick(" (Ada Lark)", " (a(b)c)", "(\\()", " (x", "()", " (a) (b)", " (\u00e4)")
        if k < 0.93:
            inside = self.pick(",", ", ").join(self.address() for _ in range(self.number(0, 1, 2)))
            return self.phrase() + self.blank() + ":" + self.blank() + inside + self.pick(";", ";", ";", "", ";;", " ;", ",;")
        return self.pick("", " ", ",", ";", ":", "<>", "<", ">", "@", "\"", "(", ")", "[", "]", "\\", ".", "a b c", "Ada", "a b@c d@e")

    def addresses(self):
        return self.pick(",", ", ", " , ", "," + self.eol + " ", ",,", "; ").join(self.address() for _ in range(self.number(0, 1, 1, 1, 2, 2, 3)))

    def text_value(self):
        return self.number("plain", "two words", "a  b", "", " ", "x" + self.eol + " y", "x" + self.eol + "\ty", "x " + self.eol + "   y",
                         "=?utf-8?q?=C3=A4?=", "=?utf-8?q?a?=" + self.eol + " =?utf-8?q?b?=", "raw \u00e4", "q\"uote", "back\\slash", "a\tb",
                         "(c)", "<a@b>", "<a@b>" + self.eol + " <c@d>", "trailing ", "a" + self.eol + " " + self.eol + " b", "{5}", "NIL", "a" * 1100,
                         "bare\rcr", "\x01\x7f", "cr\r", "latin \udce4")

    def value(self):
        k = self.r.random()
        if k < 0.45:
            return self.r.choice(["utf-8", "x", "us-ascii", "a.b", "1", "a/b", "a b", "", "\u00e4", "=?utf-8?q?a_b?=", "=?x y?=", "a(c)", "%41", "utf-8''%C3%A4", "x'y'z"])
        return self.quoted()

    def param_name(self):
        n = self.r.choice(["charset", "name", "filename", "boundary2", "x", "CharSet", "a b", "", "x\u00e4", "*", "format", "name (c)"])
        if self.chance(0.25):
            n += self.pick("*", "*0", "*1", "*0*", "*1*", "*2", "*00", "*x", "*0x", "**", "*10", "*-1")
        return n

    def params(self):
        out = ""
        for _ in range(self.number(0, 0, 1, 1, 2, 3, 5)):
            out += self.blank() + self.pick(";", ";", ";", ";", ";", ";", ";", ";;", "", ",", " ") + self.pick(" ", "", " ", self.eol + " ") + self.blank()
            out += self.param_name() + self.blank() + self.pick("=", "=", "=", "=", "=", "=", "", "==", " = ") + self.blank() + self.value() + self.blank()
        if self.chance(0.1):
            out += self.pick(";", "; ", ";;", " x", ";x", ";=", ";x=")
        return out

    def name(self, name):
        if self.chance(0.1):
            name = self.pick(name.lower(), name.upper(), name.title())
        return name + self.pick(":", ":", ":", ":", ":", ":", ":", ":", " :", "\t:", ": ", ":\t", ":" + self.eol + " ")

    def field(self, name, value):
        return self.name(name) + self.pick(" ", " ", " ", " ", "", "  ", "\t") + value + self.eol

    def noise(self):
        return self.pick("X-A: b", "Received: from a by b;" + self.eol + "\tMon, 1 Jan 2024 00:00:00 +0000", "no colon", "From a@b Mon Jan 1 00:00:00 2024",
                         ">From a@b", " starts blank", ": no name", "X-Empty:", "a b: c", "X: " + "long " * 30, "\rX: y", "--a", "--", "X-Nul: \0",
                         "Subject", "\u00e4: x", "Content-Type", "X-8: \udce4\udcf6") + self.eol

    def mime_fields(self, kind, boundary):
        """Content-* lines for a part of that type"""
        fields = []
        if kind is not None:
            params = self.params()
            if boundary is not None:
                shown = boundary
                if self.chance(0.6) or not boundary or not all(c.isalnum() or c in "-_=.+" for c in boundary) or "=" in boundary:
                    shown = "\"" + boundary.replace("\\", "\\\\").replace("\"", "\\\"") + "\""
                b = self.pick("; ", ";", ";" + self.eol + " ", ";" + self.eol + "\t") + self.pick("boundary", "boundary", "boundary", "Boundary", "BOUNDARY") + "=" + shown
                if self.chance(0.05):
                    b = "; boundary*0=" + shown[:1] + "; boundary*1=" + shown[1:]
                if self.chance(0.05):
                    b = ""
                params = self.pick(b, b, b, b, b + params, params + b)
            fields.append(self.field("Content-Type", kind + params))
            if self.chance(0.04):
                fields.append(self.field("Content-Type", self.type()))
        if self.chance(0.3):
            encodings = ENCODINGS[:6] if self.calm else ENCODINGS
            fields.append(self.field("Content-Transfer-Encoding", self.r.choice(encodings)))
        if self.chance(0.15):
            fields.append(self.field("Content-Disposition", self.pick("attachment", "inline", "attachment", "", ";", "\"x\"", "a b") + self.params()))
        if self.chance(0.08):
            fields.append(self.field("Content-ID", self.pick("<a@b>", "<a@b> ", "x", "", "(c) <a>", "<a" + self.eol + " b>", self.text_value())))
        if self.chance(0.08):
            fields.append(self.field("Content-Description", self.text_value()))
        if self.chance(0.05):
            fields.append(self.field("Content-Language", self.pick("en", "en, de", "en,de", "", "(c) en (d), fr", "en de", "en,", ",en", "\"en\"", "en;de", "en,\u00e4")))
        if self.chance(0.05):
            fields.append(self.field("Content-Location", self.text_value()))
        if self.chance(0.05):
            fields.append(self.field("Content-MD5", self.text_value()))
        self.r.shuffle(fields)
        return fields

    def part(self, top, boundaries, digest=False):
        """header and body of a part"""
        kind = self.type() if self.chance(0.8) else None
        if self.depth >= 5 and kind and kind.lower().startswith(("multipart", "message")):
            kind = "text/plain"
        low = (kind or "").lower()
        boundary = None
        if low.startswith("multipart"):
            boundary = self.boundary()
            if boundaries and self.chance(0.25):
                boundary = boundaries[-1] + self.pick("", "x", "--", " ", "-")
        fields = self.mime_fields(kind, boundary)
        if top:
            if self.chance(0.7):
                fields.insert(0, self.field("MIME-Version", "1.0"))
            fields += self.message_fields()
            if self.chance(0.3):
                self.r.shuffle(fields)
        for _ in range(self.number(0, 0, 0, 0, 1, 1, 2)):
            fields.insert(self.r.randint(0, len(fields)), self.noise())
        head = "".join(fields)
        head += self.pick(self.eol, self.eol, self.eol, self.eol, self.eol, self.eol, self.eol, self.eol, "", "\n", "\r\n", " " + self.eol)
        self.depth += 1
        if boundary is not None and self.budget > 0:
            body = self.multipart(boundary, boundaries + [boundary], "digest" in low)
        elif (low.startswith("message/rfc822") or low.startswith("message/global") or (digest and kind is None)) and self.budget > 0:
            body = self.part(True, boundaries)
        else:
            body = self.leaf(boundaries)
        self.depth -= 1
        return head + body

    def multipart(self, boundary, boundaries, digest):
        n = self.number(0, 1, 1, 2, 2, 2, 3, 4)
        out = self.pick("", "", "", "preamble" + self.eol, self.eol, "--" + self.eol, "-- " + self.eol, "-")
        for _ in range(n):
            self.budget -= 1
            mark = "--" + (boundary if self.chance(0.93) else self.r.choice(boundaries + BOUNDARIES))
            out += mark + self.pick("", "", "", "", "", "", " ", "\t", "x", "-", "--x") + self.eol
            out += self.part(False, boundaries, digest)
            out += self.pick(self.eol, self.eol, self.eol, self.eol, self.eol, "", self.eol + self.eol)
        if self.chance(0.85):
            out += "--" + boundary + "--" + self.pick("", "", "", " ", "x", "--") + self.pick(self.eol, self.eol, self.eol, "")
        if self.chance(0.2):
            out += self.pick("epilogue" + self.eol, self.eol, self.eol + self.eol, "epilogue", "--" + boundary + self.eol + "x" + self.eol, "--" + boundary + "--" + self.eol)
        return out

    def leaf(self, boundaries):
        out = ""
        for _ in range(self.number(0, 1, 1, 2, 3, 5)):
            out += self.pick("text", "", "a line of text", "--", "-- ", "\u00e4", "From x", ".", "--zz", "a\rb", "nul \0 x", "bare\r", "=C3=A4=", "aGVsbG8=") + self.eol
            if self.chance(0.03):
                out += "-" + "-" + (self.r.choice(boundaries) if boundaries else "q") + self.eol
        if self.chance(0.3):
            out = out[:-1]
        return out

    def message_fields(self):
        fields = []
        for name in ("From", "To", "Cc", "Bcc", "Sender", "Reply-To"):
            for _ in range(self.number(0, 0, 1, 1, 1, 1, 1, 2) if name in ("From", "To") else self.pick(0, 0, 0, 0, 1)):
                fields.append(self.field(name, self.addresses()))
        for name in ("Subject", "Date", "Message-ID", "In-Reply-To"):
            for _ in range(self.number(0, 0, 1, 1, 1, 1, 1, 1, 2)):
                fields.append(self.field(name, self.text_value()))
        return fields

    def mutate(self, data):
        for _ in range(self.number(1, 1, 2, 4)):
            if not data:
                break
            i = self.r.randrange(len(data))
            k = self.r.random()
            if k < 0.25:
                data = data[:i] + bytes([self.r.choice(b"\r\n\0 \t:;=\"()<>@,-\\\x80\xffa.*'")]) + data[i + 1:]
            elif k < 0.5:
                data = data[:i] + bytes([self.r.choice(b"\r\n\0 \t:;=\"()<>@,-\\\x80\xffa.*'")]) + data[i:]
            elif k < 0.7:
                data = data[:i] + data[i + self.r.randint(1, 3):]
            else:
                lines = data.split(b"\n")
                j = self.r.randrange(len(lines))
                if k < 0.8:
                    del lines[j]
                elif k < 0.9:
                    lines.insert(self.r.randrange(len(lines)), lines[j])
                else:
                    lines = lines[:j] + [b""] + lines[j:]
                data = b"\n".join(lines)
        return data


def message(seed):
    maker = Maker(seed)
    data = maker.part(True, []).encode("utf-8", "surrogateescape")
    if maker.chance(0.4):
        data = maker.mutate(data)
    return data


def main():
    seed, count, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    os.makedirs(directory, exist_ok=True)
    for i in range(seed, seed + count):
        with open(os.path.join(directory, "odd-%06d.eml" % i), "wb") as f:
            f.write(message(i))


if __name__ == "__main__":
    main()
