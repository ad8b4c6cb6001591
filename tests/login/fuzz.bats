#!/usr/bin/env bats
# Hostile bytes for what reads them before login; a longer run by hand:
# tests/fuzz/fuzz_talker -n 1000000 -s $RANDOM tests/fuzz/seeds/talker/*

@test "the readers of PROXY headers, certificates and records bear 200,000 mutations" {
	timeout 300 "$MAYFLY_BUILD/tests/fuzz/fuzz_proxy" -n 200000 "$MAYFLY_SRC"/tests/fuzz/seeds/proxy/*
}

@test "the talker bears 20,000 mutations of what clients say" {
	timeout 300 "$MAYFLY_BUILD/tests/fuzz/fuzz_talker" -n 20000 "$MAYFLY_SRC"/tests/fuzz/seeds/talker/*
}
