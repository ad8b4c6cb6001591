"""IMAP responses, read strictly.

Knows the grammar of what a server may say (RFC 9051 section 9, and RFC 3501
where that is what was enabled) and nothing of sessions. Whatever breaks the
grammar raises Bad with a sentence; nothing is forgiven, for the clients that
break on it forgive nothing either.
"""
import base64
import re


class Bad(Exception):
    """What the server said is not IMAP."""


class Quoted(bytes):
    """A quoted string."""


class Literal(bytes):
    """A literal."""


class Literal8(Literal):
    """A literal8, the only place for a NUL."""


class Atom(bytes):
    """An atom, a number, a flag, NIL: what stands there bare."""


class Name(Atom):
    """A FETCH item's name, with section and origin."""


NIL = Atom(b'NIL')
CTL_OR_SPECIAL = set(b'(){%*"\\]') | set(range(0x21)) | {0x7f}
STATUS = (b'OK', b'NO', b'BAD', b'BYE', b'PREAUTH')
MONTHS = b'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec'


class Cursor:
    """Reads values one after another from one whole response."""

    def __init__(self, data, utf8):
        self.data, self.at, self.utf8 = data, 0, utf8

    def bad(self, why):
        around = self.data[max(0, self.at - 40):self.at + 40]
        raise Bad('%s at %r' % (why, bytes(around)))

    def peek(self):
        return self.data[self.at:self.at + 1]

    def end(self):
        return self.at >= len(self.data)

    def take(self, what):
        if not self.data.startswith(what, self.at):
            self.bad('expected %r' % what)
        self.at += len(what)

    def space(self):
        self.take(b' ')

    def match(self, pattern):
        """The text that the compiled pattern matches here, or None."""
        found = pattern.match(self.data, self.at)
        if not found:
            return None
        self.at = found.end()
        return found.group()

    def number(self):
        text = self.match(re.compile(rb'[0-9]+'))
        if text is None:
            self.bad('expected a number')
        if len(text) > 1 and text[:1] == b'0':
            self.bad('a number with a leading zero')
        return int(text)

    def nz_number(self):
        n = self.number()
        if not 0 < n < 1 << 32:
            self.bad('a number out of range')
        return n

    def quoted(self):
        self.take(b'"')
        out = bytearray()
        while True:
            c = self.peek()
            if c in (b'', b'\r', b'\n', b'\0'):
                self.bad('a quoted string does not end or holds CR, LF or NUL')
            self.at += 1
            if c == b'"':
                break
            if c == b'\\':
                c = self.peek()
                if c not in (b'"', b'\\'):
                    self.bad('a backslash quotes what needs no quoting')
                self.at += 1
            out += c
        if any(b >= 0x80 for b in out):
            if not self.utf8:
                self.bad('8-bit in a quoted string, and UTF-8 was not enabled')
            try:
                out.decode('utf-8')
            except UnicodeDecodeError:
                self.bad('a quoted string is not valid UTF-8')
        return Quoted(out)

    def literal(self):
        eight = self.peek() == b'~'
        if eight:
            self.at += 1
        head = self.match(re.compile(rb'\{(0|[1-9][0-9]*)\}\r\n'))
        if head is None:
            self.bad('a literal is announced wrongly')
        size = int(head[1:-3])
        text = self.data[self.at:self.at + size]
        self.at += size
        if not eight and b'\0' in text:
            self.bad('a NUL in a literal that is no literal8')
        return (Literal8 if eight else Literal)(text)

    def string(self):
        return self.quoted() if self.peek() == b'"' else self.literal()

    def atom(self, extra=b''):
        start = self.at
        while not self.end():
            c = self.data[self.at]
            if (c in CTL_OR_SPECIAL and c not in extra) or c >= 0x80:
                break
            self.at += 1
        if self.at == start:
            self.bad('expected an atom')
        return Atom(self.data[start:self.at])

    def flag(self):
        start = self.at
        if self.peek() == b'\\':
            self.at += 1
            if self.peek() == b'*':
                self.at += 1
                return Atom(b'\\*')
        self.atom()
        return Atom(self.data[start:self.at])

    def flag_list(self):
        flags = self.list_of(self.flag)
        if len(set(f.lower() for f in flags)) != len(flags):
            self.bad('a flag stands twice in the list')
        return flags

    def list_of(self, read, empty=True):
        self.take(b'(')
        out = []
        if empty and self.peek() == b')':
            self.at += 1
            return out
        while True:
            out.append(read())
            if self.peek() == b')':
                self.at += 1
                return out
            self.space()

    def nstring(self):
        if self.at_string():
            return self.string()
        if self.data[self.at:self.at + 3].upper() == b'NIL':
            self.at += 3
            return NIL
        self.bad('expected a string or NIL')

    def at_string(self):
        return self.peek() in (b'"', b'{') or self.data[self.at:self.at + 2] == b'~{'

    def astring(self):
        if self.at_string():
            return self.string()
        return self.atom(b']')

    def value(self):
        """Anything: for extensions that have no reader of their own."""
        c = self.peek()
        if c == b'(':
            return self.list_of(self.value)
        if self.at_string():
            return self.string()
        if c == b'\\':
            return self.flag()
        return self.atom(b']*:')

    def mailbox(self):
        name = self.astring()
        if name.upper() == b'INBOX':
            return name
        if not self.utf8:
            why = mutf7_fault(name)
            if why:
                self.bad('mailbox name %r: %s' % (bytes(name), why))
        else:
            try:
                name.decode('utf-8')
            except UnicodeDecodeError:
                self.bad('a mailbox name is not valid UTF-8')
        return name

    def sequence_set(self):
        text = self.match(re.compile(rb'[0-9:,]+'))
        if text is None:
            self.bad('expected a sequence set')
        return expand(text, self)


def expand(text, cursor=None):
    """A set as the list of its numbers, in the order given."""
    out = []
    for piece in text.split(b','):
        found = re.fullmatch(rb'([1-9][0-9]*)(?::([1-9][0-9]*))?', piece)
        if not found:
            raise Bad('%r is not a sequence set' % text)
        first = int(found.group(1))
        last = int(found.group(2) or first)
        if last - first > 10000000:
            raise Bad('%r is absurdly long' % text)
        out.extend(range(first, last + 1) if first <= last else range(first, last - 1, -1))
    return out


def mutf7_fault(name):
    """Why this is not modified UTF-7 (RFC 3501 section 5.1.3), or None."""
    at = 0
    shifted_before = False
    while at < len(name):
        c = name[at]
        if not 0x20 <= c <= 0x7e:
            return 'octet %#x' % c
        if c != 0x26:
            shifted_before = False
            at += 1
            continue
        end = name.find(b'-', at)
        if end < 0:
            return 'a shift that does not end'
        code = name[at + 1:end]
        at = end + 1
        if not code:
            shifted_before = False
            continue
        if shifted_before:
            return 'two shifts side by side'
        shifted_before = True
        if code in (b'AC4', b'AC8'):    # a dot or slash that is part of a name and no separator: the usual escape
            continue
        if not re.fullmatch(rb'[A-Za-z0-9+,]+', code) or len(code) % 4 == 1:
            return 'bad base64'
        raw = base64.b64decode(code.replace(b',', b'/') + b'=' * (-len(code) % 4))
        if len(raw) % 2:
            return 'half a character'
        try:
            text = raw.decode('utf-16-be')
        except UnicodeDecodeError:
            return 'bad UTF-16'
        if any(0x20 <= ord(ch) <= 0x7e for ch in text):
            return 'plain characters in base64'
        if base64.b64encode(raw).rstrip(b'=').replace(b'/', b',') != code:
            return 'padding bits that are not zero'
    return None


# FETCH -----------------------------------------------------------------------

SECTION = re.compile(
    rb'\[(?:[1-9][0-9]*(?:\.[1-9][0-9]*)*)?'
    rb'(?:(?:(?<=[0-9])\.)?(?:HEADER\.FIELDS(?:\.NOT)? |HEADER|TEXT|(?<=\.)MIME))?', re.I)
DATE_TIME = re.compile(
    rb'(?: [1-9]|[0-3][0-9])-(?:' + MONTHS + rb')-[0-9]{4} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] [-+][0-9]{4}')


def read_item_name(c):
    """BODY[1.HEADER.FIELDS (FROM)]<0> and its like, spelled as the key it is kept under."""
    word = c.match(re.compile(rb'[A-Za-z0-9.-]+'))
    if word is None:
        c.bad('expected the name of a FETCH item')
    name = word.upper()
    if c.peek() == b'[':
        section = c.match(SECTION)
        if section is None:
            c.bad('expected a section')
        name += section.upper()
        if section.endswith(b' '):
            fields = c.list_of(c.astring, empty=False)
            name += b'(' + b' '.join(fields).upper() + b')'
        c.take(b']')
        name += b']'
        if c.peek() == b'<':
            c.take(b'<')
            name += b'<%d>' % c.number()
            c.take(b'>')
    return Name(name)


def read_address(c):
    c.take(b'(')
    out = [c.nstring()]
    for _ in range(3):
        c.space()
        out.append(c.nstring())
    c.take(b')')
    return out


def read_address_list(c):
    if c.peek() != b'(':
        c.take(b'NIL')
        return NIL
    c.take(b'(')
    out = [read_address(c)]
    while c.peek() == b'(':
        out.append(read_address(c))
    c.take(b')')
    return out


def read_envelope(c):
    c.take(b'(')
    out = [c.nstring()]
    c.space()
    out.append(c.nstring())
    for _ in range(6):
        c.space()
        out.append(read_address_list(c))
    for _ in range(2):
        c.space()
        out.append(c.nstring())
    c.take(b')')
    return out


def read_parameters(c):
    if c.peek() != b'(':
        c.take(b'NIL')
        return NIL
    out = c.list_of(c.string, empty=False)
    if len(out) % 2:
        c.bad('a parameter without a value')
    return out


def read_body_extension(c):
    if c.peek() == b'(':
        return c.list_of(lambda: read_body_extension(c), empty=False)
    if c.peek().isdigit():
        return Atom(b'%d' % c.number())
    return c.nstring()


def read_common_extension(c, out):
    """Disposition, language, location and what may come: each optional, in this order."""
    if c.peek() != b' ':
        return
    c.space()
    if c.peek() == b'(':
        c.take(b'(')
        disposition = [c.string()]
        c.space()
        disposition.append(read_parameters(c))
        c.take(b')')
        out.append(disposition)
    else:
        c.take(b'NIL')
        out.append(NIL)
    if c.peek() == b' ':
        c.space()
        out.append(c.list_of(c.string, empty=False) if c.peek() == b'(' else c.nstring())
    if c.peek() == b' ':
        c.space()
        out.append(c.nstring())
    while c.peek() == b' ':
        c.space()
        out.append(read_body_extension(c))


def read_body(c, extended):
    c.take(b'(')
    out = []
    if c.peek() == b'(':
        while c.peek() == b'(':
            out.append(read_body(c, extended))
        c.space()
        out.append(c.string())
        if extended and c.peek() == b' ':
            c.space()
            out.append(read_parameters(c))
            read_common_extension(c, out)
        c.take(b')')
        return out
    out.append(c.string())
    c.space()
    out.append(c.string())
    c.space()
    out.append(read_parameters(c))
    for read in (c.nstring, c.nstring, c.string, lambda: Atom(b'%d' % c.number())):
        c.space()
        out.append(read())
    kind = (out[0] + b'/' + out[1]).upper()
    # message/global is a message in IMAP4rev2 and may be a mere part in IMAP4rev1
    if kind == b'MESSAGE/RFC822' or kind == b'MESSAGE/GLOBAL' and (
            c.utf8 or c.data[c.at:c.at + 2] == b' ('):
        c.space()
        out.append(read_envelope(c))
        c.space()
        out.append(read_body(c, extended))
        c.space()
        out.append(Atom(b'%d' % c.number()))
    elif kind.startswith(b'TEXT/'):
        c.space()
        out.append(Atom(b'%d' % c.number()))
    if extended and c.peek() == b' ':
        c.space()
        out.append(c.nstring())
        read_common_extension(c, out)
    c.take(b')')
    return out


def read_item_value(c, name):
    if name == b'FLAGS':
        return c.flag_list()
    if name == b'UID':
        return Atom(b'%d' % c.nz_number())
    if name == b'RFC822.SIZE' or name.startswith(b'BINARY.SIZE['):
        return Atom(b'%d' % c.number())
    if name == b'INTERNALDATE':
        text = c.quoted()
        if not DATE_TIME.fullmatch(text):
            c.bad('INTERNALDATE %r is no date-time' % bytes(text))
        return text
    if name == b'ENVELOPE':
        return read_envelope(c)
    if name in (b'BODY', b'BODYSTRUCTURE'):
        return read_body(c, name == b'BODYSTRUCTURE')
    if name in (b'RFC822', b'RFC822.HEADER', b'RFC822.TEXT') or name.startswith((b'BODY[', b'BINARY[')):
        value = c.nstring()
        if isinstance(value, Literal8) and not name.startswith(b'BINARY['):
            c.bad('a literal8 outside BINARY')
        return value
    return c.value()


def read_fetch(c):
    c.take(b'(')
    items = {}
    while True:
        name = read_item_name(c)
        c.space()
        if name in items:
            c.bad('%r stands twice in one FETCH response' % bytes(name))
        items[name] = read_item_value(c, name)
        if c.peek() == b')':
            c.at += 1
            return items
        c.space()


# the other untagged responses --------------------------------------------------

def read_list(c):
    flags = c.list_of(c.flag)
    c.space()
    if c.peek() == b'"':
        separator = c.quoted()
        if len(separator) != 1:
            c.bad('a separator of %d characters' % len(separator))
    else:
        c.take(b'NIL')
        separator = NIL
    c.space()
    name = c.mailbox()
    extended = []
    if c.peek() == b' ':
        c.space()

        def pair():
            tag = c.astring()
            c.space()
            return [tag, c.value()]
        extended = c.list_of(pair)
    return {'flags': flags, 'separator': separator, 'name': name, 'extended': extended}


def read_status(c):
    name = c.mailbox()
    c.space()
    items = {}

    def pair():
        item = c.atom().upper()
        c.space()
        if item in items:
            c.bad('%r stands twice' % bytes(item))
        items[item] = c.value() if c.peek() in (b'(', b'N') else Atom(b'%d' % c.number())
    c.list_of(pair)
    return {'name': name, 'items': items}


def read_esearch(c):
    out = {}
    uid = False
    if c.data.startswith(b' (', c.at):
        c.space()
        c.take(b'(')
        while c.peek() != b')':    # RFC 7377 4: each once, in any order
            name = c.atom().lower().decode()
            if name not in ('tag', 'mailbox', 'uidvalidity') or name in out:
                c.bad('an ESEARCH correlator that is not TAG, MAILBOX or UIDVALIDITY, or stands twice')
            c.space()
            out[name] = c.string() if name == 'tag' else c.nz_number() if name == 'uidvalidity' else c.astring()
            if c.peek() != b')':
                c.space()
        c.take(b')')
    if c.data[c.at:c.at + 4].upper() == b' UID' and c.data[c.at + 4:c.at + 5] in (b' ', b''):
        c.at += 4
        uid = True
    out['uid'] = uid
    while c.peek() == b' ':
        c.space()
        name = c.atom().upper()
        c.space()
        if name in (b'ADDTO', b'REMOVEFROM'):    # RFC 5267 4.3: these may come several times
            out.setdefault(name, []).append(c.value())
            continue
        if name in out:
            c.bad('%r stands twice' % bytes(name))
        if name == b'ALL':
            out[name] = c.sequence_set()
        elif name in (b'MIN', b'MAX'):
            out[name] = c.nz_number()
        elif name == b'COUNT':
            out[name] = c.number()
        else:
            out[name] = c.value()
    return out


def read_search(c):
    numbers = []
    while c.peek() == b' ' and c.data[c.at:c.at + 2] != b' (':
        c.space()
        numbers.append(c.nz_number())
    if c.peek() == b' ':
        c.space()
        c.list_of(c.value)
    if len(set(numbers)) != len(numbers):
        c.bad('SEARCH or SORT names a message twice')
    return numbers


def read_thread(c):
    """RFC 5256 5: the numbers, once the parentheses are right; they nest as deep as there are messages."""
    if c.end():
        return []
    c.space()
    numbers, depth, lists = [], 0, [0]    # lists: how many of them stand at each level, since the last number
    while not c.end():
        if c.peek() == b'(':
            c.take(b'(')
            depth += 1
            lists[-1] += 1
            lists.append(0)
            fresh = True
        elif c.peek() == b')':
            c.take(b')')
            if fresh or not depth or lists.pop() == 1:
                c.bad('an empty list, or one that splits into a single one, or a parenthesis too many')
            depth -= 1
        else:
            if not depth or lists[-1]:
                c.bad('a number where none may be')
            numbers.append(c.nz_number())
            fresh = False
            if c.peek() == b' ':
                c.space()
    if depth or len(set(numbers)) != len(numbers):
        c.bad('THREAD does not close its lists, or names a message twice')
    return numbers


def read_namespace_class(c):
    if c.peek() != b'(':
        c.take(b'NIL')
        return NIL
    c.take(b'(')
    out = []
    while c.peek() == b'(':
        c.take(b'(')
        prefix = c.string()
        c.space()
        separator = c.quoted() if c.peek() == b'"' else c.nstring()
        out.append([prefix, separator])
        while c.peek() == b' ':
            c.space()
            c.string()
            c.space()
            c.list_of(c.string, empty=False)
        c.take(b')')
    c.take(b')')
    if not out:
        c.bad('an empty namespace class that is not NIL')
    return out


def read_namespace(c):
    out = []
    for i in range(3):
        if i:
            c.space()
        out.append(read_namespace_class(c))
    return out


def read_id(c):
    if c.peek() != b'(':
        c.take(b'NIL')
        return NIL
    out = []

    def entry():
        out.append(c.nstring() if len(out) % 2 else c.string())
    c.list_of(entry, empty=False)
    if len(out) % 2:
        c.bad('an ID field without a value')
    return out


def read_words(c):
    words = []
    while c.peek() == b' ':
        c.space()
        words.append(c.atom())
    if len(set(w.upper() for w in words)) != len(words):
        c.bad('a word stands twice')
    return words


def read_metadata(c):
    name = c.astring()
    c.space()

    def pair():
        entry = c.astring()
        if not entry.lower().startswith((b'/private/', b'/shared/')):
            c.bad('%r is no entry' % bytes(entry))
        c.space()
        return [entry, c.nstring()]
    if c.peek() == b'(':
        return [name, c.list_of(pair, empty=False)]
    entries = [c.astring()]    # RFC 5464 4.4.2: names of what changed
    while c.peek() == b' ':
        c.space()
        entries.append(c.astring())
    return [name, entries]


def read_quota(c):
    root = c.astring()
    c.space()

    def resource():
        name = c.atom()
        c.space()
        usage = c.number()
        c.space()
        return [name, usage, c.number()]
    return [root, c.list_of(resource)]


def read_astrings(c):
    out = [c.astring()]
    while c.peek() == b' ':
        c.space()
        out.append(c.astring())
    return out


CODE_READERS = {
    b'UIDNEXT': lambda c: [c.nz_number()],
    b'UIDVALIDITY': lambda c: [c.nz_number()],
    b'UNSEEN': lambda c: [c.nz_number()],
    b'HIGHESTMODSEQ': lambda c: [c.number()],
    b'MODIFIED': lambda c: [c.sequence_set()],
    b'PERMANENTFLAGS': lambda c: [c.flag_list()],
    b'BADEVENT': lambda c: [c.list_of(c.atom, empty=False)],
    b'BADCHARSET': lambda c: [c.list_of(c.astring, empty=False)],
}
BARE_CODES = (
    b'ALERT PARSE READ-ONLY READ-WRITE TRYCREATE CLOSED UIDNOTSTICKY NOTSAVED HASCHILDREN '
    b'UNKNOWN-CTE UNAVAILABLE AUTHENTICATIONFAILED AUTHORIZATIONFAILED EXPIRED PRIVACYREQUIRED '
    b'CONTACTADMIN NOPERM INUSE EXPUNGEISSUED CORRUPTION SERVERBUG CLIENTBUG CANNOT LIMIT '
    b'OVERQUOTA ALREADYEXISTS NONEXISTENT NOMODSEQ USEATTR TOOBIG UIDREQUIRED NOTIFICATIONOVERFLOW').split()


def read_code(c):
    """A response code in its brackets: [name, value...]."""
    c.take(b'[')
    name = c.atom().upper()
    out = [name]
    if name in BARE_CODES:
        pass
    elif name == b'CAPABILITY':
        out.extend(read_words(c))
        if not any(w.upper() in (b'IMAP4REV1', b'IMAP4REV2') for w in out):
            c.bad('a capability list without IMAP4rev1 or IMAP4rev2')
    elif name == b'APPENDUID':
        c.space()
        out.append(c.nz_number())
        c.space()
        out.append(c.sequence_set())
    elif name == b'COPYUID':
        c.space()
        out.append(c.nz_number())
        for _ in range(2):
            c.space()
            out.append(c.sequence_set())
        if len(out[2]) != len(out[3]):
            c.bad('COPYUID with %d UIDs on one side and %d on the other' % (len(out[2]), len(out[3])))
    elif name in CODE_READERS and c.peek() == b' ':
        c.space()
        out.extend(CODE_READERS[name](c))
    elif c.peek() == b' ':
        end = c.data.find(b']', c.at)
        out.append(c.data[c.at + 1:end])
        c.at = end
    c.take(b']')
    return out


class Response:
    """One whole response. raw: its octets without the last CRLF."""

    def __init__(self, raw, utf8=False):
        self.raw = raw
        self.tag = self.name = self.code = self.number = self.text = None
        self.data = None
        self.cursor = c = Cursor(raw, utf8)
        if raw[:1] == b'+':
            c.take(b'+ ')
            self.tag, self.name = b'+', b'+'
            if c.peek() == b'[':
                self.code = read_code(c)
            self.text = raw[c.at:]
            self.check_text()
            return
        self.tag = c.match(re.compile(rb'[^ \r\n]+')) or b''
        c.space()
        found = c.match(re.compile(rb'[0-9]+ '))
        if found:
            self.number = int(found)
            if self.tag != b'*':
                c.bad('a number behind a tag')
        self.name = (c.match(re.compile(rb'[A-Za-z0-9-]+')) or b'').upper()
        if self.name in STATUS:
            self.read_status_response()
        elif self.tag != b'*':
            c.bad('a tagged response that is not OK, NO or BAD')
        else:
            self.read_data()

    def check_text(self):
        if self.cursor.utf8:
            try:
                self.text.decode('utf-8')
            except UnicodeDecodeError:
                self.cursor.bad('text that is not UTF-8')
        elif any(b >= 0x80 for b in self.text):
            self.cursor.bad('8-bit text')
        if any(b in b'\0\r\n' for b in self.text):
            self.cursor.bad('CR, LF or NUL in text')

    def read_status_response(self):
        c = self.cursor
        if self.number is not None:
            c.bad('a number before a status')
        if self.tag != b'*' and self.name not in (b'OK', b'NO', b'BAD'):
            c.bad('a tagged %s' % self.name.decode())
        c.space()
        if c.peek() == b'[':
            self.code = read_code(c)
            c.space()
        self.text = self.raw[c.at:]
        if not self.text:
            c.bad('a status without a word of text (RFC 3501 asks for one)')
        self.check_text()

    def read_data(self):
        c = self.cursor
        readers = {
            b'LIST': (False, read_list), b'LSUB': (False, read_list), b'STATUS': (False, read_status),
            b'FLAGS': (False, lambda c: c.flag_list()), b'NAMESPACE': (False, read_namespace),
            b'ID': (False, read_id), b'METADATA': (False, read_metadata), b'QUOTA': (False, read_quota),
            b'QUOTAROOT': (False, read_astrings), b'ACL': (False, read_astrings),
            b'MYRIGHTS': (False, read_astrings), b'LISTRIGHTS': (False, read_astrings),
            b'LANGUAGE': (False, lambda c: c.list_of(c.astring, empty=False)),
        }
        if self.name in (b'EXISTS', b'RECENT', b'EXPUNGE'):
            if self.number is None:
                c.bad('no number')
            if self.name == b'EXPUNGE' and not self.number:
                c.bad('message 0')
        elif self.name in (b'FETCH', b'UIDFETCH'):
            if not self.number:
                c.bad('FETCH without a number, or of message 0')
            c.space()
            self.data = read_fetch(c)
        elif self.number is not None:
            c.bad('a number before %s' % self.name.decode())
        elif self.name in readers:
            c.space()
            self.data = readers[self.name][1](c)
        elif self.name in (b'CAPABILITY', b'ENABLED'):
            self.data = read_words(c)
        elif self.name in (b'SEARCH', b'SORT'):
            self.data = read_search(c)
        elif self.name == b'THREAD':
            self.data = read_thread(c)
        elif self.name == b'VANISHED':
            c.space()
            earlier = c.data.startswith(b'(EARLIER) ', c.at)
            if earlier:
                c.take(b'(EARLIER) ')
            self.data = (earlier, c.sequence_set())
        elif self.name == b'ESEARCH':
            self.data = read_esearch(c)
        else:
            c.bad('an untagged response of an unknown name')
        if not c.end():
            c.bad('something follows where the response should end')

    def shown(self):
        return shown(self.raw)


def shown(raw):
    """Octets for eyes and patterns: CRLF as a new line, all else that is odd by name."""
    text = raw.replace(b'\r\n', b'\x01')
    for octet, name in ((b'\r', b'<CR>'), (b'\n', b'<LF>'), (b'\0', b'<NUL>')):
        text = text.replace(octet, name)
    return text.replace(b'\x01', b'\n')


def plain(value):
    """A value as one line: lists in parentheses, strings in quotes, atoms bare."""
    if isinstance(value, (list, tuple)):
        return b'(' + b' '.join(plain(v) for v in value) + b')'
    if isinstance(value, (Quoted, Literal)):
        return b'"' + value.replace(b'\\', b'\\\\').replace(b'"', b'\\"') + b'"'
    if isinstance(value, int):
        return b'%d' % value
    return bytes(value)


LITERAL_END = re.compile(rb'~?\{(\d+)\}$')


def split_response(buffer):
    """The octets of the first whole response in buffer and what it takes, or None.

    Literals belong to data; a status line has none, so its text may end in "{5}".
    """
    at = 0
    while True:
        end = buffer.find(b'\n', at)
        if end < 0:
            return None
        if buffer[end - 1:end] != b'\r':
            raise Bad('a line ends in a bare LF: %r' % bytes(buffer[:end + 1][-60:]))
        line = bytes(buffer[at:end - 1])
        if at == 0 and (line[:1] == b'+' or re.match(rb'\S+ (OK|NO|BAD|BYE|PREAUTH) ', line, re.I)
                        or line[:2] != b'* '):
            return bytes(buffer[:end - 1]), end + 1
        found = LITERAL_END.search(line)
        if not found:
            return bytes(buffer[:end - 1]), end + 1
        at = end + 1 + int(found.group(1))
        if at > len(buffer):
            return None
