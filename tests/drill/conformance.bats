#!/usr/bin/env bats
# conformance.drill against mayfly and Dovecot: both pass, and where they differ is explained.
load helper

setup_file() { dovecot_start; }
teardown_file() { dovecot_stop; }
setup() { mayfly_start; }
teardown() { mayfly_clean; }

# against NAME SERVER: the log is NAME.log
against() {
	run_drill -l "$1.log" -q -D name="$1" -D server="$2" -D user=anna -D password=secret \
		"$contrib/conformance.drill"
	show
	[ "$status" -eq 0 ]
}

against_mayfly() {
	against mayfly "tunnel $(mayfly_command "$mayfly_dir/Maildir") 2>/dev/null"
}

@test "mayfly does nothing that no RFC allows" {
	against_mayfly
	cd "$BATS_TEST_TMPDIR"
	# every question was answered by one of the answers that the script knows
	run grep -F '=> none of these' mayfly.log; [ "$status" -eq 1 ]
	[ "$(grep '	choice	' mayfly.log | cut -f8 | sed 's/ => .*//' | sort -u | wc -l)" -eq \
		"$(grep '^question' "$contrib/conformance.drill" | sort -u | wc -l)" ]
}

@test "Dovecot does nothing that no RFC allows" {
	need_dovecot
	against dovecot "127.0.0.1 $dovecot_port"
	! grep -F '=> none of these' "$BATS_TEST_TMPDIR/dovecot.log"
}

@test "where mayfly and Dovecot differ, the README says why, and says nothing else" {
	need_dovecot
	against_mayfly
	against dovecot "127.0.0.1 $dovecot_port"
	cd "$BATS_TEST_TMPDIR"
	"$report" --compare mayfly.log dovecot.log >differences || [ $? -eq 1 ]
	# "question / mayfly: x / dovecot: y" to the first three columns of the table
	awk 'NR % 3 == 1 { q = $0 } NR % 3 == 2 { sub(/^  mayfly: /, ""); m = $0 }
		NR % 3 == 0 { sub(/^  dovecot: /, ""); print "| " q " | " m " | " $0 " |" }' differences |
		sort >found
	# what a server does not offer, it may refuse: no difference worth a word
	grep -q MULTIAPPEND mayfly.log || sed -i '/^| Two messages in one APPEND/d' found
	sed -n '/^| question | mayfly/,/^$/p' "$contrib/README.md" | sed '1,2d; /^$/d' |
		sed 's/^\(| [^|]* | [^|]* | [^|]* |\).*/\1/' | sort >told
	diff -u told found
}

@test "the report of a whole run names what each server chose" {
	against_mayfly
	cd "$BATS_TEST_TMPDIR"
	"$report" mayfly.log >r; cat r
	grep -q '^What mayfly chose' r
	grep -q '^  tagged answers  *in the order of the commands' r
	grep -q '^  LOGOUT  *BYE before the OK' r
	! grep -q '^Failed' r
}
