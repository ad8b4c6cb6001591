#!/usr/bin/env python3
"""A client of SCRAM-SHA-256 (RFC 5802, RFC 7677) that can also do it wrong.

	scram.py PORT USER PASSWORD [WHAT]
	scram.py --example	the example of RFC 7677 section 3 with the functions below

Prints the server's first message without the nonce, then the tagged answer, and what was wrong if the server's
signature was not right. hashlib does the work, so nothing here is the server's.
"""
import base64
import hashlib
import hmac
import secrets
import socket
import sys


def digest(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


def keys(password, salt, count):
    salted = hashlib.pbkdf2_hmac("sha256", password, salt, count)
    return digest(salted, b"Client Key"), digest(salted, b"Server Key")


def prove(password, salt, count, message):
    client, server = keys(password, salt, count)
    signature = digest(hashlib.sha256(client).digest(), message)
    return bytes(a ^ b for a, b in zip(client, signature)), digest(server, message)


def example():
    nonce = b"rOprNGfwEbeRWgbNEkqO"
    both = nonce + b"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    message = b"n=user,r=" + nonce + b",r=" + both + b",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=" + both
    for part in prove(b"pencil", salt, 4096, message):
        print(base64.b64encode(part).decode())


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.socket.makefile("rwb")
        self.greeting = self.file.readline()

    def send(self, line):
        self.file.write(line + b"\r\n")
        self.file.flush()

    def ask(self, text):
        """Send a response; a challenge as (True, bytes), a tagged answer as (False, line)."""
        self.send(base64.b64encode(text))
        return self.hear()

    def hear(self):
        while True:
            line = self.file.readline().rstrip(b"\r\n")
            if line.startswith(b"+ "):
                return True, base64.b64decode(line[2:])
            if not line.startswith(b"* ") or line.startswith(b"* BYE") or not line:
                return False, line


def attempt(client, user, password, what, tag=b"a"):
    name = user.encode().replace(b"=", b"=3D").replace(b",", b"=2C")
    header, extra, final_extra = b"n,,", b"", b""
    nonce = secrets.token_urlsafe(18).encode()
    if what == "y":
        header = b"y,,"
    elif what == "p":
        header = b"p=tls-exporter,,"
    elif what == "authzid":
        header = b"n,a=" + name + b","
    elif what == "other":
        header = b"n,a=bob,"
    elif what == "extensions":
        extra, final_extra = b",x=one,y=two", b",z=three"
    elif what == "mandatory":
        name = name + b",m=x"
    elif what == "escape":
        name = b"caro=6C"
    elif what == "longnonce":
        nonce = b"x" * 255
    bare = b"n=" + name + b",r=" + nonce + extra
    if what == "mandatory":
        bare = b"m=x,n=" + user.encode() + b",r=" + nonce
    first = base64.b64encode(header + bare)
    if what == "slow":
        client.send(tag + b" AUTHENTICATE SCRAM-SHA-256")
        if client.hear() != (True, b""):
            sys.exit("no empty challenge")
        more, challenge = client.ask(header + bare)
    else:
        client.send(tag + b" AUTHENTICATE SCRAM-SHA-256 " + first)
        more, challenge = client.hear()
    if not more:
        return challenge.decode()
    parts = dict(part.split(b"=", 1) for part in challenge.split(b","))
    if not parts[b"r"].startswith(nonce) or len(parts[b"r"]) < len(nonce) + 24:
        sys.exit("the server's nonce is not ours and more")
    print(f"s={parts[b's'].decode()} i={parts[b'i'].decode()}")
    if what == "salt":
        client.send(b"*")
        return client.hear()[1].decode()
    both, binding = parts[b"r"], base64.b64encode(header)
    if what == "nonce":
        both = nonce + secrets.token_urlsafe(18).encode()
    elif what == "binding":
        binding = b"eSws"    # y,, and not n,,
    without = b"c=" + binding + b",r=" + both + final_extra
    proof, signature = prove(password.encode(), base64.b64decode(parts[b"s"]), int(parts[b"i"]),
                             bare + b"," + challenge + b"," + without)
    if what == "flip":
        proof = bytes([proof[0] ^ 1]) + proof[1:]
    elif what == "short":
        proof = proof[:31]
    more, challenge = client.ask(without + b",p=" + base64.b64encode(proof))
    if not more:
        return challenge.decode()
    if challenge != b"v=" + base64.b64encode(signature):
        sys.exit("the server's signature is wrong")
    if what == "cancel":
        client.send(b"*")
        return client.hear()[1].decode()
    return client.ask(b"")[1].decode()


def main():
    if sys.argv[1] == "--example":
        return example()
    port, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    what = sys.argv[4] if len(sys.argv) > 4 else ""
    client = Client(port)
    if what == "again":    # cancelled at the last word, then whole
        print(attempt(client, user, password, "cancel"))
        print(attempt(client, user, password, "", b"b"))
    elif what == "three":
        for tag in (b"a", b"b", b"c"):
            print(attempt(client, user, password, "salt", tag))
        print(client.hear()[1].decode())
    else:
        print(attempt(client, user, password, what))


main()
