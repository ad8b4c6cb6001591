#!/usr/bin/env bats
# The pages tell it all: every option, every word of the language, every kind of event.
load helper

man=$MAYFLY_SRC/man src=$MAYFLY_SRC/src

# told PAGE WORD...
told() {
	local page=$1 word missing=
	shift
	for word; do grep -qF -- "$word" "$page" || missing="$missing $word"; done
	echo "missing in $page:$missing"
	[ -z "$missing" ]
}

@test "imapdrill(1) has every option" {
	options=$(sed -n 's/^	{ "\([a-z-]*\)", [a-z]*_argument.*/\1/p' "$src/imapdrill.c" | grep -v help)
	[ "$(echo "$options" | wc -l)" -gt 10 ]
	told "$man/imapdrill.1" $(echo "$options" | sed 's/^/Fl -/')
}

@test "imapdrill(5) has every word of the language and every kind of event" {
	words=$(sed -n 's/.*strcmp(word, "\([a-z]*\)").*/\1/p; s/^	*{ "\([a-z]*\)", STEP_.*/\1/p; s/.*}, { "\([a-z]*\)", STEP_.*/\1/p' \
		"$src/drill/script_parse.c")
	[ "$(echo "$words" | wc -l)" -gt 10 ]
	told "$man/imapdrill.5" $(echo "$words" | sort -u)
	kinds=$(sed -n "s/.*'[CS-]', \"\([a-z]*\)\".*/\1/p; s/.*greeting ? \"\([a-z]*\)\" : \"\([a-z]*\)\".*/\1 \2/p" \
		"$src"/drill/*.c)
	[ "$(echo "$kinds" | wc -w)" -gt 10 ]
	told "$man/imapdrill.5" $kinds
}

@test "the pages are clean mdoc" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	for page in imapdrill.1 imapdrill.5 imapdrill-report.1; do
		# the database of other pages is this machine's matter
		mandoc -T lint -W warning "$man/$page" 2>&1 | grep -v 'outdated mandoc.db' >"$BATS_TEST_TMPDIR/lint" || :
		cat "$BATS_TEST_TMPDIR/lint"; [ ! -s "$BATS_TEST_TMPDIR/lint" ]
	done
}

@test "the examples of imapdrill(5) and of contrib are scripts" {
	for text in "$contrib"/*.drill; do
		run_drill --check "$text"; show; [ "$status" -eq 0 ]
	done
	sed -n '/^\.Bd -literal/,/^\.Ed/p' "$man/imapdrill.5" | sed 's/\\e/\\/g; /^\.Ed/s/.*//; /^\.Bd/d' >"$BATS_TEST_TMPDIR/s"
	sed -i '/^\[/d' "$BATS_TEST_TMPDIR/s"
	cat "$BATS_TEST_TMPDIR/s"
	run_drill --check s; show
	[ "$status" -eq 0 ]
}
