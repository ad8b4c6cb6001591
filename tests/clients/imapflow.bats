# imapflow, the library behind many mail programs of the web: a script of all that it can do.
load ../lib

@test "imapflow runs a script of all it supports" {
	needs node nodejs
	[[ -n ${IMAPFLOW-} ]] || skip "IMAPFLOW names no directory with imapflow: tests/clients/with-imapflow installs it"
	mailbox inbox
	NODE_PATH=$IMAPFLOW/node_modules timeout 60 node "$MAYFLY_SRC/tests/clients/imapflow.js" $MAYFLY_IMAP --quota=1G "$MAILDIR" >"$T/out" 2>"$T/err" || { tail -n 30 "$T/err"; return 1; }
	grep -q 'all of it' "$T/out"
}
