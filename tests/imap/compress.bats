# COMPRESS=DEFLATE: RFC 4978. The client is Python's: zlib on both ends.
load ../lib

# A session that compresses: commands in, one a line, all that is heard out. Each waits for its tagged answer.
deflated() {
	as_user python3 -E - "$MAYFLY_IMAP" "$MAILDIR" "$@" <<'PY'
import subprocess, sys, zlib
argv = sys.argv[1].split() + [sys.argv[2]]
flush = {'sync': zlib.Z_SYNC_FLUSH, 'full': zlib.Z_FULL_FLUSH, 'partial': zlib.Z_PARTIAL_FLUSH}[sys.argv[3]]
server = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
heard = server.stdout.readline()
server.stdin.write(b'z COMPRESS DEFLATE\r\n')
line = server.stdout.readline()
assert line.startswith(b'z OK'), line
out, into = zlib.compressobj(9, zlib.DEFLATED, -15), zlib.decompressobj(-15)
for n, command in enumerate(sys.argv[4:]):
    tag = b'c%d' % n
    wire = out.compress(tag + b' ' + command.encode().replace(b'\\r\\n', b'\r\n') + b'\r\n') + out.flush(flush)
    try:
        for at in range(len(wire)):
            server.stdin.write(wire[at:at + 1])
    except BrokenPipeError:     # LOGOUT is answered before the flush behind it is over
        pass
    got = b''
    while not (b'\n' + got).rpartition(b'\n' + tag + b' ')[1] or not got.endswith(b'\r\n'):
        piece = server.stdout.read(65536)
        assert piece, 'the server closed'
        got += into.decompress(piece)
    sys.stdout.buffer.write(got)
PY
}

@test "everything works compressed, octet by octet, by each kind of flush (RFC 4978 3)" {
	mailbox inbox plain.eml pdf-attachment.eml; start A; close A
	for flush in sync full partial; do
		text=$(deflated $flush 'SELECT inbox' 'FETCH 1:* (FLAGS BODY.PEEK[])' 'NOOP' 'APPEND inbox {3+}\r\nx\r\n' 'LOGOUT')
		grep -q '^c0 OK' <<<"$text"; grep -q '^c1 OK' <<<"$text"; grep -q '^c3 OK .APPENDUID' <<<"$text"; grep -q '^c4 OK' <<<"$text"
	done
}

@test "COMPRESS twice is NO [COMPRESSIONACTIVE], of anything else BAD (RFC 4978 3)" {
	mailbox inbox; start A
	say A 'COMPRESS'; bad A; say A 'COMPRESS LZMA'; bad A; say A 'COMPRESS DEFLATE x'; bad A; alive A
	text=$(deflated sync 'COMPRESS DEFLATE' 'NOOP'); grep -q '^c0 NO .COMPRESSIONACTIVE' <<<"$text"; grep -q '^c1 OK' <<<"$text"
}

@test "COMPRESS=DEFLATE is promised" {
	mailbox inbox; start A; must A CAPABILITY; heard A '* CAPABILITY {{.* COMPRESS=DEFLATE( .*)?}}'
}
