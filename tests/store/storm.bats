# Sessions and other programs at random, from seeds: what must hold is told in tests/lib/storm.py.
load ../lib

@test "four sessions and other programs do four hundred things at random, and nothing is lost or confused" {
	for seed in ${MAYFLY_TEST_SEEDS:-1 2 3}; do rm -rf "$MAILDIR"; storm "$seed" 400 A B C D; done
}

@test "two sessions on one mailbox, two thousand steps" {
	storm 1000 2000 A B
}

@test "sessions with NOTIFY among them hear the truth of all mailboxes, without asking" {
	for seed in ${MAYFLY_TEST_SEEDS:-4 5}; do rm -rf "$MAILDIR"; storm "$seed" 300 N A NB B; for s in N A NB B; do close $s; forget $s; done; done
}
