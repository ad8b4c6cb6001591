"""What a client may rely on after a session that failed or was killed, and the look whether it holds.

A State knows what the account may look like: for each message of each mailbox
the forms that are allowed (None: not there), the UIDs that the client was told,
and what UIDVALIDITY, UIDNEXT and HIGHESTMODSEQ were. Steps are the commands of
a script; each tells the State what its OK promises, what its NO still allows,
and what may be found when no answer came. inspect() opens the account with a
fresh session and compares.
"""
import copy
import os
import re

from protocol import NIL
from session import Failed

STANDING = re.compile(r'maildirfolder$|mayfly-(uidlist|index|cache|lock|import|account|account\.lock|subscriptions|metadata|notes\.lock)$')
LEFT_BY_DEATH = re.compile(r'\.mayfly-tmp\.[0-9a-f]{16}$|dovecot-uidlist\.lock$')


def text_of(ident):
    return b'X-Id: %d\r\nSubject: message %d\r\n\r\nThe text of %d.\r\n' % (ident, ident, ident)


def upper_names(name):
    return 'INBOX' if name.upper() == 'INBOX' else name


class State:
    def __init__(self):
        self.folders = {frozenset()}    # each a set of (name, key); the key stays when the name changes
        self.subscribed = {frozenset()}
        self.notes = {frozenset()}      # each a set of (mailbox, entry, value)
        self.messages = {}              # key -> {ident: set of forms: None or a frozenset of flags}
        self.known = {}                 # (key, uid) -> ident
        self.validity, self.id, self.next, self.modseq = {}, {}, {}, {}
        self.groups = []                # (key, idents): all there or none
        self.once = set()               # idents that are never two and never none
        self.back = set()               # idents that were being removed: back from the dead they are new mail
        self.dates = {}                 # ident -> INTERNALDATE
        self.selected = None            # key
        self.sticky = True              # not told UIDNOTSTICKY for it
        self.count_told = self.count = 0    # EXISTS before and after the last command
        self.old = set()                # idents that were there before any session
        self.names = {}                 # name -> key, as the client believes

    def copy(self):
        return copy.deepcopy(self)

    def add_folder(self, name, key):
        self.folders = {f | {(name, key)} for f in self.folders}
        self.names[name] = key
        self.messages.setdefault(key, {})

    # what responses tell

    def learn(self, r):
        if r.name == b'EXISTS':
            self.count = r.number
        elif r.name == b'EXPUNGE':
            self.count -= 1
        key = self.selected if self.sticky else None
        if r.code and key:
            field = {b'UIDVALIDITY': self.validity, b'MAILBOXID': self.id}.get(r.code[0])
            if field is not None and field.setdefault(key, r.code[1]) != r.code[1]:
                raise Failed('%s of %s was %r and is %r' % (r.code[0].decode(), key, field[key], r.code[1]))
            field = {b'UIDNEXT': self.next, b'HIGHESTMODSEQ': self.modseq}.get(r.code[0])
            if field is not None:
                value = int(r.code[1])
                if value < field.get(key, 0):
                    raise Failed('%s of %s fell from %d to %d' % (r.code[0].decode(), key, field[key], value))
                field[key] = value
        if r.name == b'FETCH' and key:
            found = re.match(rb'X-Id: (\d+)\r\n', r.data.get(b'BODY[]') or b'')
            if found:
                self.name_uid(key, int(r.data[b'UID']), int(found.group(1)))

    def name_uid(self, key, uid, ident):
        if self.known.setdefault((key, uid), ident) != ident:
            raise Failed('UID %d of %s was message %d and is message %d' % (uid, key, self.known[key, uid], ident))
        if ident not in self.back and any(k == key and i == ident and u != uid for (k, u), i in self.known.items()):
            raise Failed('message %d of %s has another UID, %d' % (ident, key, uid))
        self.next[key] = max(self.next.get(key, 0), uid + 1)

    def forms(self, key, ident):
        return self.messages.setdefault(key, {}).setdefault(ident, {None})


def mixtures(old, new):
    """All that a change of flags may leave half-way: names hold the system's, the journal the keywords."""
    out = set()
    for a in (old, new):
        for b in (old, new):
            out.add(frozenset(f for f in a if f[:1] == b'\\') | frozenset(f for f in b if f[:1] != b'\\'))
    return out


class Step:
    """One command. parts(): as Session.command takes them."""
    inside = False      # wants a selected mailbox
    vital = False
    taken_back = False  # a NO says that nothing of it happened, as long as a fault does not stay

    def __init__(self, *parts):
        self.said = parts

    def parts(self):
        return list(self.said)

    def done(self, state, answer, responses):
        pass

    def refused(self, state, lasting):
        if lasting or not self.taken_back:
            self.cut(state)

    def cut(self, state):
        pass


class Select(Step):
    def __init__(self, name, word='SELECT'):
        super().__init__(b'%s %s' % (word.encode(), name.encode()))
        self.name = name

    def before(self, state, responses):
        state.selected = state.names.get(self.name)
        state.sticky = not any(r.code and r.code[0] == b'UIDNOTSTICKY' for r in responses)

    def refused(self, state, lasting):
        state.selected = None


class Leave(Step):
    inside = True

    def done(self, state, answer, responses):
        state.selected = None


class Append(Step):
    """One message or several: idents, each with flags."""
    taken_back = True

    def __init__(self, name, *idents, flags=(), date=None):
        self.name, self.idents, self.flags, self.date = name, idents, frozenset(f.lower() for f in flags), date

    def parts(self):
        out = [b'APPEND ' + self.name.encode()]
        for ident in self.idents:
            out.append(b' (' + b' '.join(self.flags) + b')' + (b' "' + self.date + b'"' if self.date else b'') + b' ')
            out.append((b'', b'+', text_of(ident)))
        return out

    def done(self, state, answer, responses):
        key = state.names[self.name]
        for ident, uid in zip(self.idents, answer.code[2]):
            state.forms(key, ident)
            state.messages[key][ident] = {self.flags}
            state.name_uid(key, uid, ident)
            if self.date:
                state.dates[ident] = self.date

    def cut(self, state):
        key = state.names.get(self.name)
        if key is None:
            return
        for ident in self.idents:
            # the name holds the system's flags, the journal the keywords
            state.forms(key, ident).update({self.flags, frozenset(f for f in self.flags if f[:1] == b'\\')})
        state.groups.append((key, self.idents))


class Numbered(Step):
    """A UID command on messages of the selected mailbox."""
    inside = True

    def __init__(self, uids, *parts):
        super().__init__(*parts)
        self.uids = uids

    def idents(self, state):
        return [state.known[state.selected, uid] for uid in self.uids if (state.selected, uid) in state.known]

    def maybe(self, state):
        """Those that have UIDs which were never told: one of them may be meant."""
        if all((state.selected, uid) in state.known for uid in self.uids):
            return []
        told = {ident for (key, _), ident in state.known.items() if key == state.selected}
        return [ident for ident in state.messages[state.selected] if ident not in told]


class Store(Numbered):
    def __init__(self, uids, mode, flags):
        super().__init__(uids, b'UID STORE %s %sFLAGS (%s)' % (b','.join(b'%d' % u for u in uids), mode, b' '.join(flags)))
        self.mode, self.flags = mode, frozenset(f.lower() for f in flags)

    def change(self, form):
        if form is None:
            return None
        return {b'+': form | self.flags, b'-': form - self.flags, b'': self.flags}[self.mode]

    def done(self, state, answer, responses):
        for ident in self.idents(state):
            forms = state.forms(state.selected, ident)
            state.messages[state.selected][ident] = {self.change(f) for f in forms}
        self.half(state, self.maybe(state))

    def cut(self, state):
        self.half(state, self.idents(state) + self.maybe(state))

    def half(self, state, idents):
        for ident in idents:
            for form in list(state.forms(state.selected, ident)):
                if form is not None:
                    state.messages[state.selected][ident] |= mixtures(form, self.change(form))


class Expunge(Numbered):
    def __init__(self, uids=None):
        super().__init__(uids, b'UID EXPUNGE ' + b','.join(b'%d' % u for u in uids) if uids else b'EXPUNGE')

    def idents(self, state):
        if self.uids is None:
            return list(state.messages[state.selected])
        return super().idents(state)

    def done(self, state, answer, responses):
        for ident in self.idents(state):
            forms = state.messages[state.selected][ident]
            marked = {f for f in forms if f is not None and b'\\deleted' in f}
            # a STORE that was refused may have come half-way, behind the session's back
            state.messages[state.selected][ident] = forms - marked | {None} if forms == marked else forms | {None} if marked else forms
            if None in state.messages[state.selected][ident]:
                state.once.discard(ident)

    def cut(self, state):
        for ident in self.idents(state):
            if any(f is not None and b'\\deleted' in f for f in state.forms(state.selected, ident)):
                state.messages[state.selected][ident].add(None)
                state.once.discard(ident)
                state.back.add(ident)


class Close(Expunge):
    def __init__(self):
        Step.__init__(self, b'CLOSE')
        self.uids = None

    def done(self, state, answer, responses):
        super().done(state, answer, responses)
        state.selected = None


class Copy(Numbered):
    taken_back = True
    may_lose_keywords = True    # of the copy, half-way
    def __init__(self, uids, name, word=b'COPY'):
        super().__init__(uids, b'UID %s %s %s' % (word, b','.join(b'%d' % u for u in uids), name.encode()))
        self.name = name

    def mark(self, state, ident):
        state.once.discard(ident)

    def done(self, state, answer, responses):
        key = state.names[self.name]
        codes = [r.code for r in responses if r.code and r.code[0] == b'COPYUID']
        for ident in self.idents(state):
            self.mark(state, ident)
            state.forms(key, ident)
            state.messages[key][ident] = set(state.forms(state.selected, ident))
        for code in codes:
            if key in state.validity and state.validity[key] != code[1]:
                raise Failed('COPYUID of UIDVALIDITY %d, and it was %d' % (code[1], state.validity[key]))
            for a, b in zip(code[2], code[3]):
                state.name_uid(key, b, state.known[state.selected, a])

    def cut(self, state):
        key = state.names.get(self.name)
        if key is None:
            return
        for ident in self.idents(state):
            self.mark(state, ident)
            state.messages[key].setdefault(ident, {None})
            # without the journal only the name's flags are there
            state.messages[key][ident] |= state.forms(state.selected, ident) | {None} | {
                frozenset(x for x in f if x[:1] == b'\\') for f in state.forms(state.selected, ident)
                if f is not None and self.may_lose_keywords}


class Move(Copy):
    taken_back = False          # each message goes by itself
    may_lose_keywords = False

    def __init__(self, uids, name):
        super().__init__(uids, name, b'MOVE')

    def mark(self, state, ident):
        state.once.add(ident)

    def done(self, state, answer, responses):
        super().done(state, answer, responses)
        for ident in self.idents(state):
            state.messages[state.selected][ident] = {None}

    def cut(self, state):
        super().cut(state)
        for ident in self.idents(state):
            state.messages[state.selected][ident].add(None)


class Folders(Step):
    """A command that changes names: change(set of (name, key)) -> list of what may be on the way, the end last."""
    vital = True    # what follows makes no sense without it

    def done(self, state, answer, responses):
        state.folders = {self.ways(f)[-1] for f in state.folders}
        self.renamed(state)

    def cut(self, state):
        state.folders = {w for f in state.folders for w in [f] + self.ways(f)}

    def renamed(self, state):
        pass


class Create(Folders):
    def __init__(self, name, key):
        super().__init__(b'CREATE ' + name.encode())
        self.name, self.key = name, key

    def ways(self, folders):
        return [folders | {(self.name, self.key)}]

    def done(self, state, answer, responses):
        super().done(state, answer, responses)
        state.names[self.name] = self.key
        state.messages[self.key] = {}
        if answer.code and answer.code[0] == b'MAILBOXID':
            state.id[self.key] = answer.code[1]


class Delete(Folders):
    def __init__(self, name):
        super().__init__(b'DELETE ' + name.encode())
        self.name = name

    def ways(self, folders):
        return [frozenset(f for f in folders if f[0] != self.name)]

    def renamed(self, state):
        del state.names[self.name]
        state.notes = {self.without(n) for n in state.notes}

    def without(self, notes):
        return frozenset(n for n in notes if n[0] != self.name)

    def cut(self, state):
        super().cut(state)
        state.notes |= {self.without(n) for n in state.notes}


class ListAll(Step):
    """OK to a list is a promise too: clients throw away what they had of mailboxes that are not in it."""

    def __init__(self):
        super().__init__(b'LIST "" "*"')

    def done(self, state, answer, responses):
        names = {upper_names(bytes(r.data['name']).decode()) for r in responses if r.name == b'LIST'}
        if not any({n for n, _ in f} == names for f in state.folders):
            raise Failed('LIST is OK and has %s' % sorted(names))


class ListSubscribed(Step):
    def __init__(self):
        super().__init__(b'LIST (SUBSCRIBED) "" "*"')

    def done(self, state, answer, responses):
        names = frozenset(upper_names(bytes(r.data['name']).decode()) for r in responses if r.name == b'LIST')
        if names not in state.subscribed:
            raise Failed('LIST (SUBSCRIBED) is OK and has %s' % sorted(names))


class Rename(Folders):
    def __init__(self, old, new):
        super().__init__(b'RENAME %s %s' % (old.encode(), new.encode()))
        self.old, self.new = old, new

    def moved(self, name):
        if name == self.old or name.startswith(self.old + '/'):
            return self.new + name[len(self.old):]
        return name

    def ways(self, folders):
        """Each mailbox has its old name or its new one."""
        out = [frozenset(folders)]
        for name, key in sorted(folders):
            if self.moved(name) != name:
                out += [f - {(name, key)} | {(self.moved(name), key)} for f in out]
        return out

    def renamed(self, state):
        state.names = {self.moved(n): k for n, k in state.names.items()}
        state.notes = {self.with_moved(n) for n in state.notes}

    def with_moved(self, notes):
        return frozenset((self.moved(name), entry, value) for name, entry, value in notes)

    def cut(self, state):
        super().cut(state)
        state.notes |= {self.with_moved(n) for n in state.notes}


class Subscribe(Step):
    def __init__(self, name, word='SUBSCRIBE'):
        super().__init__(b'%s %s' % (word.encode(), name.encode()))
        self.name, self.on = name, word == 'SUBSCRIBE'

    def change(self, names):
        return names | {self.name} if self.on else names - {self.name}

    def done(self, state, answer, responses):
        state.subscribed = {self.change(s) for s in state.subscribed}

    def cut(self, state):
        state.subscribed |= {self.change(s) for s in state.subscribed}


class Note(Step):
    """SETMETADATA of one entry."""

    def __init__(self, name, entry, value):
        super().__init__(b'SETMETADATA %s (%s "%s")' % (name.encode() or b'""', entry, value))
        self.note = (name, entry, value)

    def change(self, notes):
        return frozenset(n for n in notes if n[:2] != self.note[:2]) | {self.note}

    def done(self, state, answer, responses):
        state.notes = {self.change(n) for n in state.notes}

    def cut(self, state):
        state.notes |= {self.change(n) for n in state.notes}


class Look(Step):
    """All of the selected mailbox: what is seen here must agree with what is promised so far."""
    inside = True

    def __init__(self):
        super().__init__(b'UID FETCH 1:* (UID FLAGS BODY.PEEK[])')

    def done(self, state, answer, responses):
        if not state.sticky:
            return
        seen = seen_in(responses)
        compare(state, state.selected, seen, 'the session itself', False)
        if len(seen) < state.count_told:
            raise Failed('the session itself: %d messages were told, %d are fetched' % (state.count_told, len(seen)))


def digest(state, steps, responses, refusals, lasting=False):
    """Take what was said and heard into the state; a step without its tagged answer was cut. Tags are t1, t2, ..."""
    at = 0
    for step, tag in ((s, b't%d' % n) for n, s in enumerate(steps, 1)):
        end = next((i for i in range(at, len(responses)) if responses[i].tag == tag), len(responses) - 1)
        heard = responses[at:end + 1]
        at = end + 1
        if hasattr(step, 'before'):
            step.before(state, heard)
        state.count_told = state.count
        for r in heard:
            state.learn(r)
        state.count_told = min(state.count, state.count_told)
        if not heard or heard[-1].tag != tag:
            step.cut(state)
            return
        if heard[-1].name == b'OK':
            step.done(state, heard[-1], heard)
        else:
            refusals.append((step, heard[-1]))
            step.refused(state, lasting)


# ---- the fresh session ----

def seen_in(responses):
    """uid -> (ident, flags, INTERNALDATE)"""
    out = {}
    for r in responses:
        if r.name != b'FETCH' or b'BODY[]' not in r.data:
            continue
        body = r.data[b'BODY[]']
        found = None if body is NIL else re.match(rb'X-Id: (\d+)\r\n', body)
        if not found or bytes(body) != text_of(int(found.group(1))):
            raise Failed('a message that nobody wrote: %r' % bytes(body)[:200])
        uid = int(r.data[b'UID'])
        if uid in out:
            continue    # told again, with other flags
        flags = frozenset(f.lower() for f in r.data[b'FLAGS'] if f.lower() != b'\\recent')
        out[uid] = (int(found.group(1)), flags, bytes(r.data.get(b'INTERNALDATE', b'')))
    return out


def compare(state, key, seen, who, lost=True):
    count = {}
    highest = max([u for k, u in state.known if k == key], default=0)
    for uid, (ident, flags, date) in seen.items():
        count[ident] = count.get(ident, 0) + 1
        told = state.known.get((key, uid))
        if told is not None and told != ident:
            raise Failed('%s: UID %d of %s was message %d and is message %d' % (who, uid, key, told, ident))
        if told is None:
            if ident not in state.back and any(k == key and i == ident for (k, _), i in state.known.items()):
                raise Failed('%s: message %d of %s has another UID, %d' % (who, ident, key, uid))
            if uid <= highest and ident not in state.old:
                raise Failed('%s: UID %d of %s is below those that were told' % (who, uid, key))
        if flags not in state.messages[key].get(ident, {None}):
            raise Failed('%s: message %d of %s has %s, allowed is %s' % (who, ident, key, shown(flags), ' or '.join(
                shown(f) for f in state.messages[key].get(ident, {None}))))
        if date and ident in state.dates and state.dates[ident] != date:
            raise Failed('%s: message %d of %s has the date %r' % (who, ident, key, date))
    for ident, forms in state.messages[key].items():
        if lost and ident not in count and None not in forms:
            raise Failed('%s: message %d of %s is lost' % (who, ident, key))
        if count.get(ident, 0) > 1:
            raise Failed('%s: message %d of %s is there %d times' % (who, ident, key, count[ident]))
    return count


def shown(form):
    return 'nothing' if form is None else '(%s)' % ' '.join(sorted(f.decode() for f in form))


def must(session, *parts):
    answer = session.command(list(parts))
    if answer.name != b'OK':
        raise Failed('a fresh session: %r: %r' % (b''.join(p if isinstance(p, bytes) else p[2] for p in parts)[:80], answer.raw))
    return session.said


def look_at_names(session, state):
    said = must(session, b'LIST (SUBSCRIBED) "" "*"')
    subscribed = frozenset(upper_names(bytes(r.data['name']).decode()) for r in said if r.name == b'LIST')
    if subscribed not in state.subscribed:
        raise Failed('subscribed to %s' % sorted(subscribed))
    said = must(session, b'LIST "" "*"')
    names = {upper_names(bytes(r.data['name']).decode()) for r in said if r.name == b'LIST' and b'\\NonExistent' not in r.data['flags']}
    fitting = [f for f in state.folders if {n for n, _ in f} == names]
    if not fitting:
        raise Failed('mailboxes %s, allowed are %s' % (sorted(names), [sorted(f) for f in state.folders]))
    if any(state.notes):
        notes = set()
        for name, entry in {n[:2] for s in state.notes for n in s}:
            if name and name not in names:
                continue
            for r in must(session, b'GETMETADATA %s %s' % (name.encode() or b'""', entry)):
                if r.name == b'METADATA':
                    notes |= {(name, entry, bytes(v)) for e, v in r.data[1] if v is not NIL}
        if frozenset(notes) not in state.notes:
            raise Failed('annotations %s, allowed are %s' % (sorted(notes), [sorted(n) for n in state.notes]))
    return sorted(fitting[0])


def inspect(session, state, last_ident=999):
    """Look through a fresh session whether all holds; the state is used up. Returns where each message is."""
    if session.greeting().name != b'PREAUTH':
        raise Failed('a fresh session is not greeted')
    where, folders = {}, look_at_names(session, state)
    for name, key in folders:
        state.selected = key
        state.messages.setdefault(key, {})
        state.sticky = True
        for r in must(session, b'SELECT ' + name.encode()):
            state.learn(r)
        said = must(session, b'UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])')
        seen, count = seen_in(said), session.count    # a record whose file did not come may be expunged only now
        if len(seen) != count:
            raise Failed('%s has %d messages, and %d are fetched' % (name, count, len(seen)))
        if seen and max(seen) >= state.next[key]:
            raise Failed('%s: UID %d is not below UIDNEXT %d' % (name, max(seen), state.next[key]))
        for ident in compare(state, key, seen, 'a fresh session'):
            where.setdefault(ident, []).append(key)
        for group_key, idents in state.groups:
            there = [i for i in idents if key in where.get(i, [])]
            if group_key == key and there and len(there) != len(idents):
                raise Failed('of messages %s that came together only %s are there' % (idents, there))
    for ident in state.once:
        if len(where.get(ident, [])) != 1:
            raise Failed('message %d, which was moved, is in %s' % (ident, where.get(ident, [])))
    must(session, b'SELECT INBOX')
    said = must(session, b'APPEND INBOX ', (b'', b'+', text_of(last_ident)))
    uid = said[-1].code[2][0]
    if uid < state.next['INBOX'] or ('INBOX', uid) in state.known:
        raise Failed('a new message of INBOX gets UID %d, and UIDNEXT was %d' % (uid, state.next['INBOX']))
    must(session, b'UID STORE %d +FLAGS.SILENT (\\Seen after)' % uid)
    must(session, b'LOGOUT')
    session.finish()
    if session.faults or session.status != 0:
        raise Failed('a fresh session: %s, exit %s' % (session.faults, session.status))
    return where


def strays(top, own):
    """Files that are no message, none of ours and were not there before, by path; what lies in tmp/ too."""
    out = []
    for path, dirs, files in os.walk(top):
        place = os.path.relpath(path, top)
        last = os.path.basename(path)
        for name in files:
            at = os.path.normpath(os.path.join(place, name))
            if last in ('cur', 'new') or STANDING.match(name) or at in own:
                continue
            out.append(at)
        out += [os.path.join(place, d) for d in dirs if d.startswith('..')]
    return out
