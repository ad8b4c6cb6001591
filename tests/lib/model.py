#!/usr/bin/env python3
"""Random histories of one mailbox, each answer held against a model of it (world.py).

    model.py --server 'mayfly-imap --module=...' --seeds 1-1000        as many histories
    model.py --server ... --seed 42 -v                                 one, with all that was said
    model.py --server ... --seed 42 --drop 3,7-20                      without these steps
    model.py --server ... --seed 42 --shrink                           find steps to drop

2 to 10 sessions (QRESYNC, CONDSTORE, neither, IMAP4rev2) on one mailbox, one step
at a time, and between them other programs: renames, removals, deliveries,
restores, and `kill -9` of a session. Each step draws from a generator of its own,
seeded by the history's seed and the step's number: a history stays what it is
when steps are left out.
"""
import argparse
import os
import pwd
import random
import shutil
import signal
import sys
import tempfile
import time

from programs import Programs
from session import Failed
from steps import Client, Sessions
from world import World

KINDS = ('qresync', 'qresync', 'condstore', 'plain', 'rev2', 'rev2 qresync')


class History(Programs, Sessions):
    def __init__(self, options, seed, dropped):
        self.options, self.seed, self.dropped = options, seed, dropped
        self.top = tempfile.mkdtemp(prefix='mayfly-model.')
        self.maildir = os.path.join(self.top, 'Maildir')
        self.stash = os.path.join(self.top, 'stash')
        self.user = None
        self.made = 0
        self.clients = []
        self.snapshots = []
        self.told = []                  # steps, in words
        if os.geteuid() == 0:
            nobody = pwd.getpwnam('nobody')
            self.user = (nobody.pw_uid, nobody.pw_gid)
        for path in (self.top, self.stash, self.maildir) + tuple(
                os.path.join(self.maildir, d) for d in ('cur', 'new', 'tmp')):
            if not os.path.isdir(path):
                os.mkdir(path, 0o700)
            self.own(path)
        self.world = World(self.maildir, not options.forgetful)

    def own(self, path):
        if self.user:
            os.chown(path, *self.user, follow_symlinks=False)

    def note(self, text):
        self.told[-1] += ' ' + text
        for c in self.clients[:1]:
            c.session.note(b'## ', text.encode())

    # the whole

    STEPS = ('session_noop', 'session_noop', 'session_fetch', 'session_fetch', 'session_uid_fetch', 'session_modseq',
             'session_changed', 'session_changed', 'session_body', 'session_store', 'session_store', 'session_store',
             'session_store', 'session_store', 'session_expunge', 'session_expunge', 'session_append', 'session_copy',
             'session_move', 'session_search', 'session_search', 'session_status', 'session_idle', 'session_again',
             'session_again', 'all_noop')
    FOREIGN = ('foreign_flags', 'foreign_flags', 'foreign_back', 'foreign_deliver', 'foreign_remove', 'foreign_away',
               'foreign_restore', 'foreign_restore', 'foreign_infix', 'foreign_to_cur', 'foreign_times',
               'foreign_caches', 'foreign_pause', 'foreign_pause')

    def step(self, i):
        r = random.Random('%d/%d' % (self.seed, i))
        self.told.append('step %d:' % i)
        if r.random() < 0.3:
            getattr(self, r.choice(self.FOREIGN))(r)
            return
        if self.options.kill and r.random() < 0.08:
            getattr(self, r.choice(('kill_idle', 'kill_busy')))(r, r.choice(self.clients))
            return
        getattr(self, r.choice(self.STEPS))(r, r.choice(self.clients))

    def run(self):
        r = random.Random(self.seed)
        steps = self.options.steps
        self.told.append('before:')
        for _ in range(r.randint(0, 8)):
            self.deliver(r, None if r.random() < 0.3 else self.letters(r))
        sessions = self.options.sessions or r.choice((2, 2, 3, 3, 4, 5, 10))
        for i in range(sessions):
            c = Client(self, chr(ord('A') + i), r.choice(KINDS))
            self.start(c)
            self.clients.append(c)
            self.select(r, c)
        for i in range(1, steps + 1):
            if i not in self.dropped:
                self.step(i)
                for c in self.clients:
                    if c.session.faults:
                        raise Failed('; '.join(c.session.faults))
        self.told.append('at the end:')
        for c in self.clients:
            self.say(c, b'NOOP')
            self.learn(c)
            self.say(c, b'UID FETCH 1:* (FLAGS)')
        self.world.check_disk()
        for c in self.clients:
            self.end(c)

    def close(self, keep):
        for c in self.clients:
            if c.session.status is None:
                c.session.kill(signal.SIGKILL)
                c.session.wait_exit()
            for fd in {c.session.out, c.session.into}:
                if fd >= 0:
                    try:
                        os.close(fd)
                    except OSError:
                        pass
            c.session.transcript.close()
        if not keep:
            shutil.rmtree(self.top, ignore_errors=True)


def attempt(options, seed, dropped, verbose=False):
    """One history: None, or why it failed."""
    history = History(options, seed, dropped)
    why = None
    try:
        history.run()
    except Failed as e:
        why = str(e)
    if verbose or (why and options.verbose):
        with open(os.path.join(history.top, 'transcript'), 'rb') as f:
            sys.stdout.write(f.read().decode('latin-1'))
    if why:
        why = '%s\n  %s' % (why, '\n  '.join(history.told[-4:]))
    history.close(False)
    return why


def shrink(options, seed, dropped):
    """Leave out steps as long as it fails."""
    left = [i for i in range(1, options.steps + 1) if i not in dropped]
    size = max(1, len(left) // 2)
    while True:
        at = 0
        while at < len(left):
            fewer = left[:at] + left[at + size:]
            if attempt(options, seed, set(range(1, options.steps + 1)) - set(fewer)):
                left = fewer
            else:
                at += size
        if size == 1:
            return left
        size = max(1, size // 2)


def numbers(text):
    out = set()
    for part in filter(None, text.split(',')):
        first, _, last = part.partition('-')
        out.update(range(int(first), int(last or first) + 1))
    return out


def main():
    p = argparse.ArgumentParser(description='Random histories of a mailbox, held against a model.')
    p.add_argument('--server', required=True, help='the command, without the Maildir')
    p.add_argument('--seeds', default='', help='1-1000: these histories')
    p.add_argument('--seed', type=int, help='one history')
    p.add_argument('--steps', type=int, default=40)
    p.add_argument('--sessions', type=int, help='so many, not as the seed says')
    p.add_argument('--kill', action='store_true', help='kill sessions, also in the middle')
    p.add_argument('--forgetful', action='store_true', help='the server remembers few expunges: it may tell more')
    p.add_argument('--drop', default='', help='3,7-20: leave out these steps')
    p.add_argument('--seconds', type=float, default=0, help='stop after so long')
    p.add_argument('--shrink', action='store_true', help='of a seed that fails, find the steps that matter')
    p.add_argument('-v', '--verbose', action='store_true', help='print all that was said')
    options = p.parse_args()
    dropped = numbers(options.drop)
    if options.seed is not None and options.shrink:
        left = shrink(options, options.seed, dropped)
        options.verbose = True
        print('needed are the steps %s' % ','.join(map(str, left)))
        print(attempt(options, options.seed, set(range(1, options.steps + 1)) - set(left)))
        return 1
    seeds = [options.seed] if options.seed is not None else sorted(numbers(options.seeds))
    started, failed, done = time.monotonic(), [], 0
    for seed in seeds:
        if options.seconds and time.monotonic() - started > options.seconds:
            break
        done += 1
        why = attempt(options, seed, dropped, options.verbose and len(seeds) == 1)
        if why:
            failed.append(seed)
            print('seed %d failed: %s' % (seed, why), flush=True)
    print('%d histories of %d steps, %d failed%s' % (
        done, options.steps, len(failed), ': ' + ' '.join(map(str, failed)) if failed else ''))
    return 1 if failed else 0


if __name__ == '__main__':
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.exit(main())
