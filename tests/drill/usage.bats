#!/usr/bin/env bats
# How the programs answer those who ask for help, or for what there is not.
load helper

# said STATUS TEXT PROGRAM WORD...: ends so, and says this on one of its outputs
said() {
	local status=$1 words=$2 got=0
	shift 2
	"$MAYFLY_BUILD/$@" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- </dev/null || got=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$got" -eq "$status" ] && grep -qF -- "$words" "$BATS_TEST_TMPDIR/out"
}

@test "every program tells its usage and its version" {
	for program in imapdrill imapdrill-report mayfly-admin mayfly-imap mayfly-login; do
		said 0 "sage: $program" "$program" --help
		said 0 . "$program" --version
	done
	said 0 'usage: mayfly-passwd' mayfly-passwd --help
	said 0 '.It' mayfly-login --settings
}

@test "imapdrill names the option that is wrong" {
	said 64 -D imapdrill -D no-value
	said 64 text imapdrill --text=x
	said 64 usage imapdrill
	said 64 usage imapdrill --nonsense
	said 64 usage imapdrill-report a b c
	said 64 usage imapdrill-report --nonsense
}

@test "imapdrill-report on a disk that is full is an error" {
	[ -w /dev/full ] || skip 'no /dev/full'
	printf '{"event":"end","time":0}\n' >"$BATS_TEST_TMPDIR/log"
	status=0
	"$MAYFLY_BUILD/imapdrill-report" "$BATS_TEST_TMPDIR/log" >/dev/full 2>"$BATS_TEST_TMPDIR/err" || status=$?
	cat "$BATS_TEST_TMPDIR/err"
	[ "$status" -ne 0 ]
}

@test "mayfly-imap names the option that is wrong" {
	for option in --idle-notify=x --idle-notify=86401 --handoff=x --handoff=1024 --quota=x --prefix=x --separator=: --layout=x --lock=x; do
		said 64 'see mayfly-imap --help' mayfly-imap "$option" "$BATS_TEST_TMPDIR"
	done
	said 64 'bad argument' mayfly-imap "$BATS_TEST_TMPDIR" another
	status=0
	env -u HOME "$MAYFLY_BUILD/mayfly-imap" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- || status=$?
	[ "$status" -eq 64 ] && grep -q 'HOME is not set' "$BATS_TEST_TMPDIR/out"
}

@test "mayfly-login names the option that is wrong" {
	said 78 'there is no option --nonsense' mayfly-login --check --nonsense
	said 78 users mayfly-login --check --users relative/path
}

@test "mayfly-passwd: what it cannot do, and why" {
	cd "$BATS_TEST_TMPDIR"
	said 2 usage mayfly-passwd
	said 2 usage mayfly-passwd add
	said 2 usage mayfly-passwd dance alice
	said 2 usage mayfly-passwd --nonsense list
	said 2 usage mayfly-passwd add alice and bob
	said 111 nowhere mayfly-passwd --file="$PWD/nowhere/users" check alice
	mkdir dir
	said 111 dir mayfly-passwd --file="$PWD/dir" list
	printf 'a line without colons\n' >users; chmod 600 users
	said 0 'a line that begins with' mayfly-passwd --file="$PWD/users" list
	# a last line without its end gets one
	printf '# users' >users
	echo secret | "$MAYFLY_BUILD/mayfly-passwd" --file="$PWD/users" add alice --uid=5001 --gid=5001 --home=/srv/a 3>&-
	[ "$(wc -l <users)" -eq 2 ] && head -n 1 users | grep -qx '# users'
}
