# Random histories of one mailbox, held against a model of it: tests/lib/model.py tells how to replay one that fails.
load ../lib

model() {
	python3 -E "$MAYFLY_SRC/tests/lib/model.py" --server "$MAYFLY_IMAP" --seeds "$@" >"$T/out" 3>&- 8>&- 9<&- || { cat "$T/out"; return 1; }
	tail -n 1 "$T/out"
}

@test "forty histories: every untagged answer is what the model says, and each client that left can catch up" {
	model "${MAYFLY_TEST_SEEDS:-1-40}" --seconds 40
}

@test "twenty histories with sessions killed in the middle" {
	model "${MAYFLY_TEST_SEEDS:-1001-1020}" --kill --seconds 20
}
