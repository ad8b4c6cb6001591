#!/usr/bin/env python3
"""Another mail reader renames flags without a pause while two sessions FETCH, STORE, EXPUNGE and SELECT.

    rename_storm.py MAILDIR ROUNDS NAME COMMAND...

Prints one line of counts: renames, messages told as gone that nobody deleted,
messages that got a second UID, messages that one FETCH did not show, flags that
STORE set and no file has, files that EXPUNGE left, commands that were refused.
Exit status 1 if any but the first and the last is not nought.
"""
import os
import pwd
import random
import re
import signal
import sys
import time

from session import Failed, Session

MESSAGES = 200
HEADER = b'BODY[HEADER.FIELDS (X-ID)]'


def rename_for_ever(cur, counter):
    """Toggles \\Seen and \\Flagged; a file that has another name by now is looked for at the next turn."""
    done = 0
    while True:
        for name in os.listdir(cur):
            base, _, letters = name.partition(':2,')
            letters = ''.join(sorted(set(letters) ^ set(random.choice(('S', 'F', 'FS')))))
            try:
                os.rename(os.path.join(cur, name), os.path.join(cur, base + ':2,' + letters))
                done += 1
            except FileNotFoundError:
                pass
        os.pwrite(counter, b'%d' % done, 0)


class Storm:
    def __init__(self, maildir, argv):
        self.maildir = maildir
        self.user = None
        self.uid_of, self.of_uid = {}, {}
        self.deleted, self.expunged, self.answered = set(), set(), set()
        self.gone, self.renumbered, self.unseen, self.refused = set(), set(), 0, 0
        top = os.path.dirname(maildir)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam('nobody')
            self.user = (nobody.pw_uid, nobody.pw_gid)
        for sub in ('', 'cur', 'new', 'tmp'):
            os.mkdir(os.path.join(maildir, sub))
            self.own(os.path.join(maildir, sub))
        for n in range(1, MESSAGES + 1):
            path = os.path.join(maildir, 'cur', '%d.M%06dP1.host:2,' % (1700000000 + n, n))
            with open(path, 'w') as f:
                f.write('X-Id: %d\nSubject: storm\n\nbody\n' % n)
            self.own(path)
        env = dict(os.environ, HOME=top, LC_ALL='C.UTF-8', TZ='UTC')
        self.sessions = [Session(name, argv + [maildir], env, self.user, os.path.join(top, 'storm.' + name),
                                 os.path.join(top, 'storm-stderr.' + name), {}) for name in 'AB']

    def own(self, path):
        if self.user:
            os.chown(path, *self.user)

    def say(self, s, text):
        answer = s.command([text])
        for r in s.said:
            if r.name == b'FETCH' and HEADER in r.data and b'UID' in r.data:
                found = re.search(rb'X-Id: (\d+)', r.data[HEADER])
                if found:
                    self.learn(int(found.group(1)), int(r.data[b'UID']))
        if answer.name != b'OK':
            self.refused += 1
        return answer.name == b'OK'

    def learn(self, number, uid):
        if self.uid_of.setdefault(number, uid) != uid or self.of_uid.setdefault(uid, number) != number:
            self.renumbered.add(number)

    def missing(self, s):
        """UIDs that are not told any more though nobody deleted them."""
        have = set(s.uids)
        for uid, number in self.of_uid.items():
            if uid not in have and number not in self.deleted and None not in have:
                self.gone.add(number)

    def round(self, s):
        self.say(s, b'SELECT inbox')
        count = s.count
        self.say(s, b'FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (X-ID)])')
        shown = sum(1 for r in s.said if r.name == b'FETCH' and HEADER in r.data and b'X-Id' in r.data[HEADER])
        self.unseen += max(0, count - shown)
        self.missing(s)
        live = [u for n, u in self.uid_of.items() if n not in self.deleted]
        answered = random.sample(live, 20)
        if self.say(s, b'UID STORE %s +FLAGS.SILENT (\\Answered)' % ','.join(map(str, answered)).encode()):
            self.answered.update(self.of_uid[u] for u in answered)
        self.say(s, b'NOOP')
        self.missing(s)
        if len(live) > MESSAGES // 2:
            victims = random.sample(live, 5)
            self.deleted.update(self.of_uid[u] for u in victims)
            text = ','.join(map(str, victims)).encode()
            if self.say(s, b'UID STORE %s +FLAGS.SILENT (\\Deleted)' % text) and self.say(s, b'UID EXPUNGE ' + text):
                self.expunged.update(self.of_uid[u] for u in victims)
        self.say(s, b'NOOP')
        self.missing(s)


    def on_disk(self):
        """Flags by message; taken when nobody renames any more."""
        found = {}
        for name in os.listdir(os.path.join(self.maildir, 'cur')):
            number = int(re.match(r'\d+\.M(\d+)P', name).group(1))
            found[number] = name.partition(':2,')[2]
        return found


def main():
    maildir, rounds, name, argv = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    random.seed(int(os.environ.get('MAYFLY_TEST_SEED', '1')))
    storm = Storm(maildir, argv)
    for s in storm.sessions:
        s.greeting()
        storm.say(s, b'SELECT inbox')
        storm.say(s, b'FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (X-ID)])')
    counter = os.open(os.path.join(os.path.dirname(maildir), 'renames'), os.O_RDWR | os.O_CREAT, 0o600)
    started = time.monotonic()
    renamer = os.fork()
    if renamer == 0:
        try:
            if storm.user:
                os.setgid(storm.user[1])
                os.setuid(storm.user[0])
            rename_for_ever(os.path.join(maildir, 'cur'), counter)
        finally:
            os._exit(1)
    ended = None
    try:
        for i in range(rounds):
            storm.round(storm.sessions[i % 2])
    except Failed as e:
        ended = str(e)
    finally:
        os.kill(renamer, signal.SIGKILL)
        os.waitpid(renamer, 0)
    took = time.monotonic() - started
    renames = int(os.pread(counter, 20, 0) or b'0')
    for s in storm.sessions:
        if not ended:
            try:
                storm.round(s)
            except Failed as e:
                ended = str(e)
        s.finish()
    files = storm.on_disk()
    unset = [n for n in storm.answered if n in files and 'R' not in files[n]]
    left = [n for n in storm.expunged if n in files]
    print('%s: %d renames, %d a second; %d messages told as gone, %d with a second UID, %d not shown by a FETCH, '
          '%d flags not set, %d files not removed, %d refusals%s' % (
        name, renames, renames / took, len(storm.gone), len(storm.renumbered), storm.unseen, len(unset), len(left), storm.refused,
        '; ' + ended if ended else ''))
    faults = [f for s in storm.sessions for f in s.faults]
    for fault in faults[:5] if name == 'mayfly' else ():
        print('  ' + fault)
    return 1 if storm.gone or storm.renumbered or storm.unseen or unset or left or ended or faults else 0


if __name__ == '__main__':
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.exit(main())
