"""A small model of a file system, and what it may show after the power went.

It replays the log of tests/fault/fault.c up to a point and answers with trees. The
rules are weaker than those of any journaled file system (ext4, xfs, btrfs order
more), and are what POSIX and fsync(2) leave:

- What was written to a file since its last fsync may be there, or not, or the
  first half of it, or its length with zeros in place of the octets.
- A change of a directory (create, rename, link, unlink, mkdir) is whole or not
  there. It lasts when one of its directories was synced after it. Until then any
  of them may be missing, whatever came later; but what was done to one name is
  done in order.
- A directory's time is that of its last change that is there: both are in one
  inode.
"""
import itertools
import os


class Node:
    """A file or a directory before the run."""

    def __init__(self, inode, is_dir, data=b'', mtime=0):
        self.inode, self.is_dir, self.data, self.mtime = inode, is_dir, data, mtime
        self.entries = {}       # name -> Node


def scan(path):
    """The tree at path, and its nodes by inode."""
    nodes = {}

    def one(path):
        st = os.lstat(path)
        if not os.path.isdir(path):
            with open(path, 'rb') as f:
                node = Node(st.st_ino, False, f.read(), st.st_mtime_ns)
        else:
            node = Node(st.st_ino, True, b'', st.st_mtime_ns)
            for name in os.listdir(path):
                node.entries[name] = one(os.path.join(path, name))
        nodes[st.st_ino] = node
        return node
    return one(path), nodes


class Op:
    """One line of the log. names: the (directory, name) that it is about; file: the node that it changes."""

    def __init__(self, kind, **more):
        self.kind, self.names, self.dirs, self.file = kind, (), (), None
        self.__dict__.update(more)


def read_log(path, nodes):
    """The operations, with inodes turned into nodes: a number that is used again is another node."""
    ops, live = [], dict(nodes)
    with open(path, 'rb') as f:
        while line := f.readline():
            word = line.decode().rstrip('\n').split(' ')
            kind = word[0]
            if kind in ('create', 'mkdir', 'link'):
                parent = live[int(word[1])]
                if kind != 'link':
                    live[int(word[3])] = Node(int(word[3]), kind == 'mkdir', mtime=int(word[2]))
                ops.append(Op(kind, names=((parent, word[4]),), dirs=(parent,), node=live[int(word[3])], times=(int(word[2]),)))
            elif kind == 'unlink':
                parent = live[int(word[1])]
                ops.append(Op(kind, names=((parent, word[4]),), dirs=(parent,), times=(int(word[2]),)))
            elif kind == 'rename':
                a, b = live[int(word[1])], live[int(word[3])]
                ops.append(Op(kind, names=((a, word[5]), (b, word[6])), dirs=(a, b), times=(int(word[2]), int(word[4]))))
            elif kind == 'write':
                data = f.read(int(word[3]))
                f.read(1)
                ops.append(Op(kind, file=live[int(word[1])], offset=int(word[2]), data=data))
            elif kind == 'truncate':
                ops.append(Op(kind, file=live[int(word[1])], size=int(word[2])))
            elif kind == 'time':
                ops.append(Op(kind, file=live[int(word[1])], mtime=int(word[2])))
            elif kind == 'sync':
                ops.append(Op(kind, file=live[int(word[1])]))
            elif kind == 'tell':
                ops.append(Op(kind, data=f.read(int(word[3]))))
                f.read(1)
            else:
                raise ValueError(line)
    return ops


def written(node, ops, how):
    """The file's octets and time after these of its operations; how says what became of those not synced."""
    data, mtime = bytearray(node.data), node.mtime
    synced = max([i for i, op in enumerate(ops) if op.kind == 'sync'], default=-1)
    for i, op in enumerate(ops):
        lost = i > synced
        if op.kind == 'sync' or (lost and how == 'absent'):
            continue
        if op.kind == 'time':
            mtime = op.mtime
        elif op.kind == 'truncate':
            data = data[:op.size] + bytes(max(0, op.size - len(data)))
        else:
            part = op.data
            if lost and how == 'torn':
                part = part[:len(part) // 2]
            elif lost and how == 'zeros':
                part = bytes(len(part))
            data += bytes(max(0, op.offset - len(data)))
            data[op.offset:op.offset + len(part)] = part
    return bytes(data), mtime


def loose_ops(ops):
    """Indexes of changes of directories that no sync holds yet."""
    out = []
    for i, op in enumerate(ops):
        if op.dirs and not any(later.kind == 'sync' and later.file in op.dirs for later in ops[i + 1:]):
            out.append(i)
    return out


def closed(ops, chosen, loose):
    """With each change also those before it that are about the same name."""
    chosen = set(chosen)
    while True:
        more = {j for i in chosen for j in loose if j < i and j not in chosen and set(ops[i].names) & set(ops[j].names)}
        if not more:
            return frozenset(chosen)
        chosen |= more


def subsets(ops, loose, most, random):
    """Sets of loose changes that happened: all while they are few, else none, all, prefixes, all but one, one, some."""
    if 2 ** len(loose) <= most:
        picks = itertools.chain.from_iterable(itertools.combinations(loose, n) for n in range(len(loose) + 1))
    else:
        picks = [loose[:n] for n in range(len(loose) + 1)] + [[x for x in loose if x != y] for y in loose] + [[x] for x in loose]
        picks += [[x for x in loose if random.random() < 0.5] for _ in range(most)]
    return {closed(ops, pick, loose) for pick in picks}


def tree(root, ops, there, how):
    """What is on the disk: path -> (octets or None for a directory, time). how: node -> a word for written()."""
    entries, times = {}, {}

    def inside(node):
        if node not in entries:
            entries[node] = dict(node.entries)
            times[node] = node.mtime
        return entries[node]
    for i, op in enumerate(ops):
        if not op.dirs or i not in there:
            continue
        names = op.names
        if op.kind == 'rename':
            moved = inside(names[0][0]).pop(names[0][1], None)
            if moved is not None:
                inside(names[1][0])[names[1][1]] = moved
        elif op.kind == 'unlink':
            inside(names[0][0]).pop(names[0][1], None)
        else:
            inside(names[0][0])[names[0][1]] = op.node
        for node, when in zip(op.dirs, op.times):
            inside(node)
            times[node] = when
    of_file = {}
    for op in ops:
        if op.file is not None:
            of_file.setdefault(op.file, []).append(op)
    out = {}

    def walk(path, node):
        if not node.is_dir:
            out[path] = written(node, of_file.get(node, ()), how.get(node, 'whole'))
            return
        out[path] = (None, times.get(node, node.mtime))
        for name, below in inside(node).items():
            walk(os.path.join(path, name), below)
    walk('', root)
    return out


def loose_files(ops):
    """Files with octets that were not synced."""
    last = {}
    for op in ops:
        if op.kind in ('write', 'truncate', 'time') and op.file is not None:
            last[op.file] = True
        elif op.kind == 'sync' and op.file in last:
            last[op.file] = False
    return [node for node, dirty in last.items() if dirty]


def states(root, ops, most, random):
    """Trees that may be there when the power goes behind these operations, at most about `most`."""
    loose = loose_ops(ops)
    held = closed(ops, frozenset(i for i, op in enumerate(ops) if op.dirs) - frozenset(loose), loose)
    loose = [i for i in loose if i not in held]
    files = loose_files(ops)
    hows = list(itertools.islice(itertools.product(('whole', 'absent', 'torn', 'zeros'), repeat=len(files)), 256)) or [()]
    pairs = [(there, how) for there in subsets(ops, loose, most, random) for how in hows]
    if len(pairs) > most:
        pairs = random.sample(sorted(pairs, key=lambda p: (sorted(p[0]), p[1])), most)
    for there, how in pairs:
        yield tree(root, ops, held | there, dict(zip(files, how)))


def lay_out(top, content):
    """Write a tree; directories get their times last. Locks are of an hour ago: a machine takes its time to come back."""
    for path, (data, _) in content.items():
        at = os.path.join(top, path) if path else top
        if data is None:
            os.mkdir(at)
        else:
            with open(at, 'wb') as f:
                f.write(data)
            mtime = content[path][1] - (3600 * 10**9 if path.endswith('.lock') else 0)
            os.utime(at, ns=(mtime, mtime))
    for path in sorted((p for p in content if content[p][0] is None), reverse=True):
        at = os.path.join(top, path) if path else top
        os.utime(at, ns=(content[path][1], content[path][1]))
