# The other half of like_dovecot.bats: what is served is what our reading of a message says, octet for octet.
load ../lib

@test "of every odd message, each item and each section that our reading has is served as it reads it" {
	[[ -x $MAYFLY_BUILD/tests/mail/describe ]] || skip "tests/mail/describe is not built"
	for f in "$MAIL"/*.eml; do specs+=("${f##*/}"); done
	mailbox inbox "${specs[@]}"
	if [[ $(id -u) == 0 ]]; then chmod 711 "$T"; fi
	run as_user python3 -B "$MAYFLY_SRC/tests/peer/served.py" "$MAILDIR" "$MAYFLY_BUILD/tests/mail/describe" $MAYFLY_IMAP "$MAILDIR"
	echo "$output"; [[ $status == 0 && $output == *' 0 differ' ]]
}
