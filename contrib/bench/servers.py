"""Starts mayfly and its peers, each with mail, ports and processes of its own.

Every server sees its users as directories DATA/NAME/USER/Maildir. Dovecot runs as
Debian packages it but for the port, the users and no TLS. Courier's imapd is
taken out of its package without installing it (it does not go together with
Dovecot's) and runs behind tcpserver without login, as mayfly does here.
"""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

import corpus

# "bench" by bcrypt at its lowest cost: every server that checks passwords does this work.
PASSWORD_HASH = "$2b$04$LFnPeyG2pty38/Dc9NfqY.g.3qJxY0W3VFSYBDTwgmfEKLtRhVhgG"
CGROUPS = ("/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process):
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            if process.poll() is not None:
                raise RuntimeError("the server ended at once; see its log")
            time.sleep(0.02)
    raise RuntimeError("no server came up on port %d" % port)


def mail_owner():
    """Who owns the mail: nobody's account when we are root, else we ourselves."""
    if os.getuid() == 0:
        return pwd.getpwnam("mail" if "mail" in [p.pw_name for p in pwd.getpwall()] else "nobody")
    return pwd.getpwuid(os.getuid())


class Cpu:
    """CPU seconds of a family of processes, the dead ones too: by cgroup, or by /proc."""

    def __init__(self, name):
        self.path = None
        self.roots = []
        for base in CGROUPS:
            if os.path.exists(base + "/cgroup.procs") and os.access(base, os.W_OK):
                path = base + "/mayfly-bench-%d-%s" % (os.getpid(), name)
                try:
                    os.makedirs(path, exist_ok=True)
                except OSError:
                    continue
                if any(os.path.exists(path + f) for f in ("/cpuacct.usage", "/cpu.stat")):
                    self.path = path
                    break

    def join(self):
        """Called in the child before exec."""
        if self.path:
            with open(self.path + "/cgroup.procs", "w") as out:
                out.write("0")

    def read(self):
        if self.path and os.path.exists(self.path + "/cpuacct.usage"):
            return int(open(self.path + "/cpuacct.usage").read()) / 1e9
        if self.path:
            for line in open(self.path + "/cpu.stat"):
                if line.startswith("usage_usec"):
                    return int(line.split()[1]) / 1e6
        ticks = 0
        for pid in self.pids():
            try:
                fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
                ticks += sum(int(f) for f in fields[11:15])
            except OSError:
                pass
        return ticks / os.sysconf("SC_CLK_TCK")

    def pids(self):
        if self.path:
            return [int(p) for p in open(self.path + "/cgroup.procs").read().split()]
        children = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    stat = open("/proc/%s/stat" % entry).read().rsplit(")", 1)[1].split()
                    children.setdefault(int(stat[1]), []).append(int(entry))
                except OSError:
                    pass
        found, todo = [], list(self.roots)
        while todo:
            pid = todo.pop()
            found.append(pid)
            todo += children.get(pid, [])
        return found

    def remove(self):
        if self.path:
            for _ in range(100):
                try:
                    os.rmdir(self.path)
                    return
                except OSError:
                    time.sleep(0.05)


class Server:
    """Base: a name, a directory, started processes."""
    logs_in = True
    def __init__(self, name, data):
        self.name = name
        self.home = os.path.join(data, name)
        os.makedirs(self.home, exist_ok=True)
        self.owner = mail_owner()
        self.cpu = Cpu(name)
        self.processes = []

    def maildir(self, user):
        return os.path.join(self.home, user, "Maildir")

    def give(self, user, source):
        """Fresh mail for a user."""
        corpus.link_tree(source, self.maildir(user), self.owner.pw_uid, self.owner.pw_gid)
        if os.getuid() == 0:
            os.chown(os.path.dirname(self.maildir(user)), self.owner.pw_uid, self.owner.pw_gid)

    def spawn(self, argv, log="log"):
        out = open(os.path.join(self.home, log), "ab")
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   preexec_fn=self.cpu.join, cwd=self.home)
        self.processes.append(process)
        self.cpu.roots.append(process.pid)
        return process

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait()
        for pid in self.cpu.pids():
            try:
                os.kill(pid, signal.SIGTERM)
            except OSError:
                pass
        self.cpu.remove()

    def credentials(self, user):
        return (user, "bench")

    def login_port(self, user):
        """Where a client has to log in, as far as this server can be made to ask."""
        return self.port(user)

    def forget(self, user):
        """Remove every index and cache file of this user's INBOX."""
        root = self.maildir(user)
        for entry in os.listdir(root):
            if entry.startswith(self.kept):
                os.unlink(os.path.join(root, entry))


class BehindTcpserver(Server):
    """A program per connection, no login: a port for each user, opened when asked for."""
    kept = ()

    def __init__(self, name, data):
        super().__init__(name, data)
        self.ports = {}

    def port(self, user):
        if user not in self.ports:
            port = free_port()
            argv = [shutil.which("tcpserver") or "/usr/bin/tcpserver", "-HRDl0", "-b", "200",
                    "-c", "20000"]
            if os.getuid() == 0:
                argv += ["-u", str(self.owner.pw_uid), "-g", str(self.owner.pw_gid)]
            wait_for(port, self.spawn(argv + ["127.0.0.1", str(port)] + self.program(user)))
            self.ports[user] = port
        return self.ports[user]

    def credentials(self, user):
        return None


class Mayfly(BehindTcpserver):
    kept = ("mayfly-index", "mayfly-cache", "mayfly-keys", "mayfly-uidlist")

    def __init__(self, build, data, name="mayfly"):
        super().__init__(name, data)
        self.build = os.path.abspath(build)

    def program(self, user):
        return [self.build + "/mayfly-imap", "--module=" + self.build + "/mayfly-message.so",
                "--trust-socket", self.maildir(user)]

    def login_port(self, user):
        """Through mayfly-login: the talker, the monitor and a password check like the peer's."""
        if os.getuid() != 0 or not os.path.exists(self.build + "/mayfly-login"):
            return self.port(user)
        key = "login " + user
        if key not in self.ports:
            users = os.path.join(self.home, "users")
            empty = os.path.join(self.home, "empty")
            os.makedirs(empty, exist_ok=True)
            os.chmod(empty, 0o555)
            with open(users, "w") as out:
                out.write(":".join((user, PASSWORD_HASH, str(self.owner.pw_uid),
                                    str(self.owner.pw_gid), os.path.dirname(self.maildir(user)),
                                    self.maildir(user))) + "\n")
            os.chmod(users, 0o600)
            port = free_port()
            wait_for(port, self.spawn(
                [shutil.which("tcpserver") or "/usr/bin/tcpserver", "-HRDl0", "-b", "200", "-c",
                 "20000", "127.0.0.1", str(port), self.build + "/mayfly-login", "--users=" + users,
                 "--talker-root=" + empty, "--talker-user=61000",
                 "--session=" + self.build + "/mayfly-imap"]))
            self.ports[key] = port
        return self.ports[key]


class Courier(BehindTcpserver):
    logs_in = False
    kept = ("courierimap",)
    def __init__(self, root, data):
        super().__init__("courier", data)
        self.imapd = root + "/usr/bin/imapd"
        libraries = ":".join(sorted({where for where, _, files in os.walk(root or "/nonexistent")
                                     if any(".so." in f for f in files)}))
        self.environment = ["env", "AUTHENTICATED=bench", "IMAP_CAPABILITY=IMAP4rev1 UIDPLUS "
                            "CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT "
                            "QUOTA IDLE", "IMAP_KEYWORDS=1", "IMAP_ENHANCEDIDLE=0",
                            "IMAP_EMPTYTRASH=", "LD_LIBRARY_PATH=" + libraries]

    def program(self, user):
        home = os.path.dirname(self.maildir(user))
        return self.environment + ["HOME=" + home, "sh", "-c",
                                   "cd '%s' && exec '%s' Maildir" % (home, self.imapd)]


DOVECOT_CONF = """
base_dir = {run}
state_dir = {run}
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
log_path = {home}/dovecot.log
mail_location = maildir:{home}/%u/Maildir
first_valid_uid = 1
mail_uid = {uid}
mail_gid = {gid}
mail_max_userip_connections = 20000
{unprivileged}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = password={{CRYPT}}{hash}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/%u
}}
"""


class Dovecot(Server):
    kept = ("dovecot",)

    def __init__(self, data):
        super().__init__("dovecot", data)
        self.number = free_port()
        run = os.path.join(self.home, "run")
        os.makedirs(run, exist_ok=True)
        unprivileged = "" if os.getuid() == 0 else (
            "default_internal_user = {0}\ndefault_login_user = {0}\n"
            "default_internal_group = {1}\nservice anvil {{\n chroot =\n}}\n"
            "service imap-login {{\n chroot =\n}}\n").format(self.owner.pw_name, self.owner.pw_gid)
        conf = os.path.join(self.home, "dovecot.conf")
        with open(conf, "w") as out:
            out.write(DOVECOT_CONF.format(run=run, home=self.home, port=self.number,
                                          uid=self.owner.pw_uid, gid=self.owner.pw_gid,
                                          hash=PASSWORD_HASH, unprivileged=unprivileged))
        wait_for(self.number, self.spawn(["/usr/sbin/dovecot", "-F", "-c", conf]))

    def port(self, _user):
        return self.number


COURIER_PACKAGES = ("courier-imap", "courier-base", "courier-authlib", "libcourier-unicode4",
                    "libgdbm6", "libidn12")

FAM = (b"FAMOpen", b"FAMOpen2", b"FAMClose", b"FAMMonitorDirectory", b"FAMMonitorFile",
       b"FAMCancelMonitor", b"FAMNextEvent", b"FAMPending", b"FAMNoExists")


def courier_root(data):
    """Courier's package taken out of its file; None and a reason when that cannot be."""
    root = os.path.join(data, "courier-package")
    if os.path.exists("/usr/lib/courier/courier/imaplogin") and os.path.exists("/usr/bin/imapd"):
        return "", None
    if not os.path.exists(root + "/usr/bin/imapd"):
        os.makedirs(root, exist_ok=True)
        for package in COURIER_PACKAGES:
            got = subprocess.run(["apt-get", "download", package], cwd=root,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if got.returncode != 0:
                return None, "apt-get download %s failed: %s" % (
                    package, got.stderr.decode(errors="replace").strip()[-200:])
        for package in [f for f in os.listdir(root) if f.endswith(".deb")]:
            subprocess.run(["dpkg", "-x", package, "."], cwd=root, check=True)
        # Its file alteration monitor wants a daemon of its own and is waited for in
        # vain for two seconds: give it one that says at once that there is none.
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o",
                        root + "/usr/lib/libfam.so.0", "-x", "c", "-"], check=True,
                       input=b"int FAMErrno;\n" + b"".join(
                           b"int %s(void) { return -1; }\n" % f for f in FAM))
    return root, None
