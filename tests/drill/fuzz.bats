#!/usr/bin/env bats
# Octets that nobody meant, the same ones at every run. More of them, and others:
# tests/fuzz/fuzz_answers -n 10000000 -s $RANDOM tests/fuzz/seeds/answers/*

@test "answers of a server: any octets, cut in any place" {
	timeout 300 "$MAYFLY_BUILD/tests/fuzz/fuzz_answers" -n 100000 "$MAYFLY_SRC"/tests/fuzz/seeds/answers/*
}

@test "sets, names, base64, dates, patterns and flags: what is read prints the same" {
	timeout 300 "$MAYFLY_BUILD/tests/fuzz/fuzz_grammar" -n 500000 "$MAYFLY_SRC"/tests/fuzz/seeds/grammar/*
}
