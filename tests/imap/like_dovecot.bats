#!/usr/bin/env bats
# What we say of a message, beside what Dovecot says of it.

compare() {
	run python3 "$MAYFLY_SRC/tests/mail/compare.py" "$@"
	[ "$status" -ne 77 ] || skip "no Dovecot here (Debian: dovecot-imapd)"
	[ "$status" -eq 0 ] || { echo "$output"; false; }
}

@test "every odd message has the ENVELOPE, BODYSTRUCTURE and sections that Dovecot gives it, or a reason" {
	set -- "$MAYFLY_SRC"/tests/mail/*.eml
	[ -e "$1" ] || skip "no messages in tests/mail"
	compare --known "$MAYFLY_SRC/tests/mail/DIFFERENCES" "$@"
}

@test "so have a thousand messages made from seeds" {
	compare --generate 1 1000
}
