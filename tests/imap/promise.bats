# What is promised is what is written down: CAPABILITY against the pages.
load ../lib

# The words of CAPABILITY, one a line, sorted.
promised() { must A CAPABILITY; text A | sed -n 's/^\* CAPABILITY //p' | tr ' ' '\n' | sort; }

@test "CAPABILITY equals the list in mayfly-imap(8)" {
	mailbox inbox; start A; promised >"$T/promised"
	sed -n '/^\.Sh CAPABILITIES/,/^\.El/s/^\.It Li //p' "$MAYFLY_SRC/man/mayfly-imap.8" | sort >"$T/page"
	diff "$T/page" "$T/promised"
}

@test "CAPABILITY equals the table in README.md" {
	grep -q '^| `IMAP4rev1`' "$MAYFLY_SRC/README.md" || skip "README.md has no table of capabilities yet"
	mailbox inbox; start A; promised >"$T/promised"
	sed -n 's/^| `\([^`]*\)` |.*/\1/p' "$MAYFLY_SRC/README.md" | sort >"$T/table"
	diff "$T/table" "$T/promised"
}
