#!/usr/bin/env bats
# The pages: right in form, and saying what the programs do.

load login

setup() {
	login_setup
}

teardown() {
	login_teardown
}

@test "the pages of the login side are clean for mandoc" {
	need mandoc mandoc
	local page
	for page in "$MAYFLY_SRC"/man/mayfly-login.8 "$MAYFLY_SRC"/man/mayfly-passwd.8 \
		"$MAYFLY_SRC"/man/mayfly-trust.7 "$MAYFLY_BUILD"/man/mayfly.conf.5; do
		run mandoc -Tlint -W style "$page"
		# a reference to a page that this machine does not have is no mistake
		output=$(grep . <<<"$output" | grep -v 'referenced manual not found\|outdated mandoc.db\|Mdocdate' <<<"$output" || true)
		echo "$output"
		[ -z "$output" ]
	done
}

@test "mayfly.conf(5) has each setting with its default, and each setting in it is taken" {
	local name
	"$LOGIN" --settings >"$T/settings"
	[ "$(grep -c '^\.It Ic' "$T/settings")" -ge 18 ]
	for name in $(sed -n 's/^\.It Ic \([^ ]*\).*/\1/p' "$T/settings"); do
		grep -q "^\.It Ic $name " "$MAYFLY_BUILD/man/mayfly.conf.5"
		run "$LOGIN" --check "${OPTIONS[@]}" "--$name="
		[[ $output != *'there is no option'* ]]
	done
}

@test "the examples of mayfly.conf(5) are right" {
	sed -n '/^\.Bd -literal/,/^\.Ed/p' "$MAYFLY_BUILD/man/mayfly.conf.5" | grep -v '^\.' |
		grep -v '^system\|^maildir\|^users' >"$T/conf"
	[ "$(wc -l <"$T/conf")" -ge 3 ]
	run "$LOGIN" --check --config="$T/conf" "${OPTIONS[@]}" --token-user=nobody
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "mayfly-login(8) and mayfly-trust(7) state the limits that the code has" {
	value() { sed -n "s/^\t$1 = \([0-9]*\),.*/\1/p" "$MAYFLY_SRC"/src/login/*.[ch]; }
	states() {	# states PAGE 'WORDS': wherever the lines end
		tr '\n' ' ' <"$MAYFLY_SRC/man/$1" | grep -qF "$2" || { echo "not in $1: $2"; return 1; }
	}
	states mayfly-login.8 "$(value TALKER_LINE_MAX) octets, a command $(value TALKER_COMMAND_MAX), and $(value TALKER_LITERALS_MAX) literals"
	states mayfly-login.8 "or $(value TALKER_COMMANDS_MAX) commands end"
	states mayfly-trust.7 "$(value CAGE_FILES) descriptors"
	states mayfly-trust.7 "$(value CAGE_CPU_SECONDS) seconds of processor time"
	states mayfly-trust.7 "at most 64 MB of address space"
}

@test "make install makes the talker's directory, and nothing in it" {
	need_root
	make -s -C "$MAYFLY_BUILD" install DESTDIR="$T/root" >"$T/make" 2>&1 3>&- || { cat "$T/make"; false; }
	local empty=$(find "$T/root" -type d -name empty)
	[ -d "$empty" ]
	[ "$(stat -c %u:%a "$empty")" = 0:555 ]
	[ -z "$(ls -A "$empty")" ]
	find "$T/root" -name 'mayfly.conf.5' | grep -q .
	find "$T/root" -name 'mayfly-login' -path '*sbin*' | grep -q .
}
