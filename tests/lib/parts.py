"""Leaf parts of BODYSTRUCTUREs as value prints them: lines of "message section size"."""
import re
import sys


def parse(text):
    """Lists of lists and strings."""
    stack = [[]]
    for found in re.finditer(r'\(|\)|"((?:[^"\\]|\\.)*)"|[^\s()"]+', text, re.S):
        token = found.group()
        if token == '(':
            stack.append([])
        elif token == ')':
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token)
    return stack[0][0]


def leaves(node, prefix):
    """Sections of the parts of a multipart or of a single part (RFC 9051 6.4.5.1)."""
    if isinstance(node[0], list):
        for i, child in enumerate([c for c in node if isinstance(c, list)], 1):
            if not isinstance(child[0], list) and not child[0].startswith('"'):
                break
            if node.index(child) >= first_string(node):
                break
            yield from walk(child, prefix + [i])
    else:
        yield from walk(node, prefix + [1])


def first_string(node):
    return next(i for i, c in enumerate(node) if not isinstance(c, list))


def walk(node, section):
    if isinstance(node[0], list):
        yield from leaves(node, section)
        return
    yield '.'.join(map(str, section)), int(node[6])
    kind = (node[0] + node[1]).lower()
    if kind == '"message""rfc822"' or kind == '"message""global"':
        yield from leaves(node[8], section)


def main():
    sys.setrecursionlimit(20000)
    for path in sys.argv[1:]:
        number = path.rsplit('.', 1)[1]
        with open(path, encoding='latin-1') as f:
            for section, size in leaves(parse(f.read()), []):
                print(number, section, size)


main()
