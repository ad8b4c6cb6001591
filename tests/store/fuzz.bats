#!/usr/bin/env bats
# Inputs that once broke something, and some thousand mutations of all seeds, through
# the targets of tests/fuzz. Without clang; `make fuzz SECONDS=3600` is the long form.

# fuzzed TARGET MUTATIONS [SEED...]
fuzzed() {
	local target=$1 times=$2
	shift 2
	[[ $# -gt 0 ]] || set -- "$MAYFLY_SRC/tests/fuzz/seeds/$target"/*
	timeout 600 "$MAYFLY_BUILD/tests/fuzz/fuzz_$target" -n "$times" "$@"
}

@test "commands in any pieces read as what comes at once: 20,000 mutations" {
	fuzzed parse 20000
}

@test "whole sessions with clients that say anything: 1,500 mutations" {
	fuzzed session 1500
}

@test "files of the store and of other servers that nobody wrote: 1,000 mutations" {
	fuzzed store 1000
}

@test "messages of any bytes, each odd one of tests/mail too: 3,000 mutations" {
	fuzzed message 3000 "$MAYFLY_SRC"/tests/fuzz/seeds/message/* "$MAYFLY_SRC"/tests/mail/*.eml
}
