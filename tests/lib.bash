# The tests' language: `load ../lib` at the head of a bats file.
#
# A test makes mailboxes, opens sessions with the server, says commands and
# looks at what it heard. tests/lib/engine.py does the work: it is a careful
# client that reads every response by the grammar and keeps the rules of RFC
# 9051 (numbers in range, no EXPUNGE where none may come, answers in order,
# sizes that are true), so a test fails on a broken rule that it never thought
# of. Every wait is for an answer; a generous patience ends what would never end.
#
# MAYFLY_IMAP is the command to test (default: mayfly-imap of the build tree); the
# Maildir becomes its last argument. It is started as `nobody` when the tests run as root.
#
# Making mail (messages are names in tests/mail, or paths)
#   mailbox NAME MSG...       a Maildir folder with messages in cur: plain.eml, plain.eml:SF (flags),
#                             plain.eml:new (in new), 500*plain.eml, plain.eml@1400000000 (date)
#   deliver NAME MSG...       as mailbox, to new by default, as delivery agents do; prints the path
#   folders 1000 box          as many empty folders, numbered
#   layout fs                 nested directories from here on
#   folder NAME               prints where it lies;   give PATH...  to the server's user
#
# Sessions, each with a name
#   start A [OPTION...]       a server, greeted PREAUTH; options are the server's, or with a plus ours:
#                             +socket +tcp +silent +env=N=V +maildir=DIR +under='strace -o f' +rlimit=FSIZE=0
#   open A NAME [OPTION...]   start and SELECT
#   close A                   end the client's side, wait for the server's end
#   signal A N;  exited A [STATUS];  excuse A (a bad end was meant);  stderr A;  pid A
#
# Saying
#   say A WORDS...            a command, its words put together as they are; waits for its tagged answer.
#                             @FILE (its CRLF form) or =TEXT sends a literal, @+ =+ one that does not wait, @~ =~ a literal8
#   must A WORDS...           say, and the answer is OK
#   raw A TEXT                as it is, with \r \n \0 \xHH; waits for nothing (trickle: each octet a write)
#   cleave A TEXT             raw, cut in two at every place in turn, %T a fresh tag; all answers are OK
#   repeat A N TEXT           raw, N times;   pour A FILE  a whole file
#   await A PATTERN           until a response like this has come
#   clogged A                 until the server waits for us to read
#
# Hearing: what came since the last say, raw or open
#   ok A [CODE]  no A [CODE]  bad A [CODE]     the tagged answer;  code A  prints its response code
#   heard A PATTERN [TIMES];  unheard A PATTERN;  order A PATTERN...;  text A  prints all
#       in a PATTERN all is literal but ... (anything), <n> (a number) and {{regular expression}};
#       it must match a whole response
#   fetched A N ITEM VALUE    strings as they are, lists in one form, flags sorted, \Recent left out
#   fetched_like A N ITEM PATTERN;  unfetched A N ITEM;  value A N ITEM  prints
#   same A N ITEM FILE        the item is the file with CRLF line ends;  save A N ITEM FILE;  crlf FILE OUT
#   storm SEED STEPS A B C    these sessions and other programs at random (tests/lib/storm.py)
#   joined A N ITEM ITEM...   the pieces make the first;  parts A N  all parts are as BODYSTRUCTURE says
#   count A N;  uids A        messages as the client believes, and their UIDs
#   searched A '1 3';  esearched A MIN 3;  esearched A ALL (not there)
#   listed A NAME [\Attr -\Attr...];  names A NAME...;  attributes A NAME
#   status A NAME ITEM [VALUE];  told A UIDNEXT  prints a code's value of SELECT

MAYFLY_SRC=${MAYFLY_SRC:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}
[[ -n ${MAYFLY_BUILD-} ]] || if [[ -x $PWD/mayfly-imap ]]; then MAYFLY_BUILD=$PWD; else MAYFLY_BUILD=$MAYFLY_SRC; fi
MAYFLY_IMAP=${MAYFLY_IMAP:-$MAYFLY_BUILD/mayfly-imap --module=$MAYFLY_BUILD/mayfly-message.so}
MAIL=$MAYFLY_SRC/tests/mail

setup() {
	command -v "${MAYFLY_IMAP%% *}" >/dev/null || { echo "no ${MAYFLY_IMAP%% *}: build it, or set MAYFLY_BUILD"; return 1; }
	T=$(mktemp -d "${TMPDIR:-/tmp}/mayfly-test.XXXXXX")
	MAILDIR=$T/Maildir
	start_engine
}

start_engine() {
	coproc ENGINE { exec python3 -SE -X "pycache_prefix=${BATS_RUN_TMPDIR:-$T}/py" \
		"$MAYFLY_SRC/tests/lib/main.py" "$T" "$MAYFLY_IMAP" "$MAIL" 3>&- 2>"$T/engine"; }
	exec 8>&"${ENGINE[1]}" 9<&"${ENGINE[0]}"
}

teardown() { [[ -z ${ENGINE_PID-} ]] || end_engine; }

# All sessions end. A test that passed still fails by what was wrong with one of them.
end_engine() {
	local trouble=0 transcript
	if [[ -z ${BATS_TEST_COMPLETED-} ]]; then
		for transcript in "$T"/transcript.*; do
			[[ -e $transcript ]] || continue
			echo "--- session ${transcript##*.}"
			cat -v "$transcript" | cut -c1-2000 | tail -n 120
		done
		tail -n 20 "$T"/stderr.* "$T/engine" 2>/dev/null
	fi
	ask end || trouble=1
	exec 8>&- 9<&-
	wait "$ENGINE_PID" 2>/dev/null || :
	return $trouble
}

# One request to the engine. Prints its words; on failure they are the reason.
ask() {
	local LC_ALL=C message="${##}:$#," word status length text
	for word; do message+="${#word}:$word,"; done
	printf '%s' "$message" >&8
	read -r status length <&9 || { echo "the tests' engine ended"; cat "$T/engine"; return 1; }
	[[ $length -eq 0 ]] || { read -r -N "$length" text <&9; printf '%s\n' "$text"; }
	return "$status"
}

for word in attributes await cleave clogged close code count crlf deliver esearched excuse exited fetched fetched_like \
	folder folders forget give heard joined layout listed mailbox must names open order parts pid pour raw repeat same save say \
	searched signal start status stderr storm text told trickle uids unfetched unheard value; do
	eval "$word() { ask $word \"\$@\"; }"
done
unset word

ok() { ask result "$1" OK "${@:2}"; }
no() { ask result "$1" NO "${@:2}"; }
bad() { ask result "$1" BAD "${@:2}"; }

# The session goes on and its mailbox has so many messages: what must hold after every refusal.
alive() { ask must "$1" NOOP && ok "$1"; }

# Run a program as the user that servers run as, with nothing of ours open.
as_user() {
	if [[ $(id -u) == 0 ]]; then
		setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$T" "$@" 3>&- 8>&- 9<&-
	else
		env HOME="$T" "$@" 3>&- 8>&- 9<&-
	fi
}

# Skip unless a program is there: needs mbsync isync
needs() { command -v "$1" >/dev/null 2>&1 || skip "no $1 (Debian: ${2:-$1})"; }

# The command fails: refute grep -q x file. (A plain "!" goes unnoticed but at a test's end.)
refute() {
	if "$@"; then
		echo "did not fail: $*"
		return 1
	fi
}
