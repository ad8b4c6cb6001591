# What is promised is what is written down: CAPABILITY against the pages.
load ../lib

# The words of CAPABILITY, one a line, sorted.
promised() { must A CAPABILITY; text A | sed -n 's/^\* CAPABILITY //p' | tr ' ' '\n' | sort; }

@test "CAPABILITY equals the list in mayfly-imap(8)" {
	mailbox inbox; start A; promised >"$T/promised"
	sed -n '/^\.Sh CAPABILITIES/,/^\.El/s/^\.It Li //p' "$MAYFLY_SRC/man/mayfly-imap.8" | sort >"$T/page"
	diff "$T/page" "$T/promised"
}
