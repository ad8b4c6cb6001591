# README.md says what the server does.

load ../lib

@test "the table of capabilities in README.md is what the server announces" {
	start A; say A CAPABILITY
	announced=$(text A | sed -n 's/^\* CAPABILITY //p' | tr -d '\r' | tr ' ' '\n' | LC_ALL=C sort)
	table=$(sed -n 's/^| \([A-Z][A-Za-z0-9=+-]*\) | *[0-9, ]*|.*/\1/p' "$MAYFLY_SRC/README.md" | LC_ALL=C sort)
	diff <(echo "$announced") <(echo "$table")
}

@test "the text of --help in README.md is what mayfly-imap prints" {
	"$MAYFLY_BUILD/mayfly-imap" --help | head -n 2 | while read -r line; do
		grep -qF "$line" "$MAYFLY_SRC/README.md"
	done
}

@test "README's first page shows the packages that contrib/try installs" {
	packages=$(for what in build try; do sed -n "s/^$what //p" "$MAYFLY_SRC/contrib/packages"; done | tr '\n' ' ')
	grep -qx "    installing: ${packages% }" "$MAYFLY_SRC/README.md"
}
