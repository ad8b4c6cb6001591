#!/usr/bin/env bats
# Programs that fetch or file mail by themselves, with a password, over loopback: what they fetch is what is there.

load ../login/login

setup() {
	need_root
	login_setup
	take_session
	M=$T/alice/Maildir
	mkdir -p "$M/.Work/cur" "$M/.Work/new" "$M/.Work/tmp" "$M/.Entw&APw-rfe/cur" "$M/.Entw&APw-rfe/new" "$M/.Entw&APw-rfe/tmp"
	local n=10
	for mail in plain pdf-attachment plain-reply plain-second; do
		[ -e "$MAYFLY_SRC/tests/mail/$mail.eml" ]
		cp "$MAYFLY_SRC/tests/mail/$mail.eml" "$M/cur/17000000$n.M1P1.h:2,"; n=$((n + 1))
	done
	printf 'From: a@example.org\nSubject: at work\n\nhello\n' >"$M/.Work/new/1700000100.M1P1.h"
	chown -R 61001:61001 "$T/alice"
	start_tcpserver --session="$T/mayfly-imap" --private
}

teardown() {
	login_teardown
}

crlf() { sed 's/\r*$/\r/' "$@"; }

@test "fetchmail takes all of two mailboxes" {
	need fetchmail fetchmail
	printf '#!/bin/sh\nexec cat >"%s/fetched.$$"\n' "$T" >"$T/mda"; chmod 755 "$T/mda"
	cat >"$T/fetchmailrc" <<-END
	poll 127.0.0.1 port $PORT protocol IMAP auth password user alice password secret sslproto "" mda "$T/mda" norewrite
		fetchall keep folder INBOX, Work
	END
	chmod 600 "$T/fetchmailrc"
	HOME=$T timeout 60 fetchmail -f "$T/fetchmailrc" --nosyslog -v >"$T/out" 2>&1 || { cat "$T/out"; return 1; }
	[ "$(cat "$T"/fetched.* | grep -c '^Subject: ')" -ge 5 ]
	[ "$(ls "$T" | grep -c '^fetched')" = 5 ]
	grep -q '^Subject: at work' "$T"/fetched.*
	# fetched whole, and marked as seen, as it says it does
	[ "$(ls "$M/cur" | grep -c ':2,S$')" = 4 ]
}

@test "fetchmail without keep empties the mailbox" {
	need fetchmail fetchmail
	printf 'poll 127.0.0.1 port %s protocol IMAP auth password user alice password secret sslproto "" mda "cat >/dev/null" fetchall\n' \
		"$PORT" >"$T/fetchmailrc"
	chmod 600 "$T/fetchmailrc"
	HOME=$T timeout 60 fetchmail -f "$T/fetchmailrc" --nosyslog -v >"$T/out" 2>&1 || { cat "$T/out"; return 1; }
	[ -z "$(ls "$M/cur" "$M/new" | grep '^1700')" ]
}

@test "getmail takes every mailbox, each message once, and nothing the second time" {
	need getmail getmail6
	mkdir -p "$T/getmail" "$T/near/cur" "$T/near/new" "$T/near/tmp"
	cat >"$T/getmail/getmailrc" <<-END
	[retriever]
	type = SimpleIMAPRetriever
	server = 127.0.0.1
	port = $PORT
	username = alice
	password = secret
	mailboxes = ALL
	[destination]
	type = Maildir
	path = $T/near/
	[options]
	read_all = false
	delivered_to = false
	received = false
	END
	chown -R nobody:nogroup "$T/getmail" "$T/near"
	for turn in 1 2; do
		HOME=$T timeout 60 setpriv --reuid=nobody --regid=nogroup --clear-groups \
			getmail --getmaildir "$T/getmail" >"$T/out" 2>&1 || { cat "$T/out"; return 1; }
		[ "$(ls "$T/near/new" | wc -l)" = 5 ]
	done
	# two lines are getmail's own
	for mail in "$T"/near/new/*; do sed '1{/^Return-Path: /d}; /^X-getmail-retrieved-from-mailbox: /d' "$mail" | tr -d '\r' | md5sum; done | sort >"$T/got"
	for mail in "$M"/cur/* "$M"/new/* "$M"/.Work/cur/* "$M"/.Work/new/*; do
		[ ! -f "$mail" ] || tr -d '\r' <"$mail" | md5sum
	done | sort >"$T/there"
	cmp "$T/got" "$T/there"
}

@test "curl reads by number, UID and section, searches, sends and lists" {
	need curl curl
	url="imap://127.0.0.1:$PORT"
	ask() { timeout 30 curl -sS -u alice:secret "$@"; }
	[ "$(ask "$url/" | tr -d '\r')" = "$(printf '* LIST (\\HasNoChildren) "/" Entw&APw-rfe\n* LIST (\\HasNoChildren) "/" INBOX\n* LIST (\\HasNoChildren) "/" Work')" ]
	ask "$url/INBOX;MAILINDEX=2" >"$T/got"; crlf "$MAYFLY_SRC/tests/mail/pdf-attachment.eml" | cmp - "$T/got"
	[ "$(ask "$url/Work;UID=1;SECTION=TEXT")" = $'hello\r' ]
	[ "$(ask "$url/Work?SUBJECT%20work")" = $'* SEARCH 1\r' ]
	printf 'Subject: sent\r\n\r\nx\r\n' >"$T/up"; ask -T "$T/up" "$url/Work"
	ask "$url/Work;UID=2" | cmp - "$T/up"
}

@test "imapfilter selects, copies, moves, flags and deletes" {
	need imapfilter imapfilter
	cat >"$T/filter.lua" <<-END
	a = IMAP { server = '127.0.0.1', port = $PORT, username = 'alice', password = 'secret' }
	function is(what, got, wanted) if got ~= wanted then print(what, got, wanted); os.exit(1) end end
	is('mailboxes', #a:list_all(), 3)
	is('subject', #a.Work:contain_subject('at work'), 1)
	a.Work:select_all():copy_messages(a.INBOX)
	is('copied', #a.INBOX:select_all(), 5)
	a.INBOX:contain_subject('at work'):mark_flagged()
	is('flagged', #a.INBOX:is_flagged(), 1)
	a:create_mailbox('Old'); a.INBOX:is_flagged():move_messages(a.Old)
	is('moved', #a.Old:select_all() * 10 + #a.INBOX:select_all(), 14)
	is('field', a.Old[1]:fetch_field('Subject'), 'Subject: at work')
	a.Old:select_all():delete_messages()
	is('deleted', #a.Old:select_all(), 0)
	a:delete_mailbox('Old')
	print('all done')
	END
	HOME=$T timeout 60 imapfilter -c "$T/filter.lua" >"$T/out" 2>&1 || { cat "$T/out"; return 1; }
	grep -q 'all done' "$T/out" || { cat "$T/out"; return 1; }
}
