"""A script's account and session, under the library that makes faults or writes down changes."""
import collections
import os
import shutil

from promise import strays
from scripts import SCRIPTS
from session import Failed, Session


class Runner:
    def __init__(self, script, work, build):
        self.script, self.work = script, work
        account, self.steps = SCRIPTS[script]
        self.account = account()
        self.library = os.path.join(build, 'tests/fault/fault.so')
        program = os.environ.get('MAYFLY_IMAP', '%s/mayfly-imap --module=%s/mayfly-message.so' % (build, build))
        self.argv = [*program.split(), *self.account.options]
        self.top = os.path.join(work, 'Maildir')
        self.template = os.path.join(work, 'template')
        self.report = os.path.join(work, 'report')
        self.codes = collections.Counter()

    def start(self, name, top=None, **variables):
        env = {'HOME': self.work, 'PATH': os.environ['PATH'], 'TZ': 'UTC', **variables}
        for path in ('transcript', 'stderr'):
            path = os.path.join(self.work, path + '.' + name)
            if os.path.exists(path):
                os.unlink(path)
        return Session(name, self.argv + [top or self.top], env, None, os.path.join(self.work, 'transcript.' + name),
                       os.path.join(self.work, 'stderr.' + name), {})

    def prepare(self):
        os.makedirs(self.template)

        def session():
            session = self.start('p', self.template)
            session.greeting()
            return session
        self.state = self.account.make(self.template, session)
        self.own = frozenset(strays(self.template, ()))

    def renew(self):
        shutil.rmtree(self.top, ignore_errors=True)
        shutil.copytree(self.template, self.top, symlinks=True)

    def converse(self, **variables):
        """The script, until it ends or the session does. Returns session, the steps that were taken, responses."""
        session = self.start('t', LD_PRELOAD=self.library, FAULT_ROOT=self.top, **variables)
        taken, responses = [], []
        try:
            session.greeting()
            for step in self.steps:
                if session.bye:
                    break
                if step.inside and not session.selected:
                    continue
                taken.append(step)
                try:
                    session.command(step.parts())
                finally:
                    responses += session.said
                if step.vital and responses[-1].name != b'OK':
                    break
        except Failed as e:
            if 'closed' not in str(e):
                raise
        session.finish()
        return session, taken, responses


def share_out(jobs, work):
    """work(worker) yields results; all of them from all workers, each worker a process of its own."""
    ends = []
    for worker in range(jobs):
        into, out = os.pipe()
        if os.fork() == 0:
            os.close(into)
            with os.fdopen(out, 'w') as f:
                for result in work(worker):
                    f.write(repr(result) + '\n')
            os._exit(0)
        os.close(out)
        ends.append(os.fdopen(into))
    for line in (line for end in ends for line in end):
        yield eval(line)    # noqa: S307: our own children wrote it
    for _ in ends:
        os.wait()


def fast_place():
    """Where files cost least."""
    return '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
