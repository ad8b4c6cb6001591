#!/usr/bin/env bats
# The libraries that mail programs are made with: c-client (of PHP's imap_ functions, and Alpine), Mail::IMAPClient,
# Ruby's Net::IMAP. Each parses every answer about a mailbox of odd messages and changes something in all ways it has.

load ../login/login

setup() {
	need_root
	login_setup
	take_session
	M=$T/alice/Maildir
	COUNT=0
	for mail in "$MAYFLY_SRC"/tests/mail/*.eml; do
		[ "$COUNT" -lt 60 ] || break
		COUNT=$((COUNT + 1))
		cp "$mail" "$M/cur/17000000$((10 + COUNT)).M1P1.h:2,S"
	done
	[ "$COUNT" = 60 ]
	chown -R 61001:61001 "$T/alice"
	start_tcpserver --session="$T/mayfly-imap" --private
}

teardown() {
	login_teardown
}

# What the program writes is shown when it fails or does not say that it came to its end.
runs() {
	timeout 120 "$@" >"$T/out" 2>&1 || { cat "$T/out"; return 1; }
	grep -q '^all done$' "$T/out" || { cat "$T/out"; return 1; }
}

@test "c-client" {
	need php php-cli
	php -r 'exit(function_exists("imap_open") ? 0 : 1);' || skip "no imap_open in PHP (Debian: php-imap)"
	cat >"$T/c.php" <<-'END'
	<?php
	function is($what, $got, $wanted) { if ($got !== $wanted) { echo "$what: "; var_dump($got); exit(1); } }
	$host = "{127.0.0.1:" . $argv[1] . "/imap/notls}";
	$m = imap_open($host . "INBOX", "alice", "secret");
	if (!$m) { print_r(imap_errors()); exit(1); }
	is("messages", imap_num_msg($m), 60);
	is("mailboxes", imap_list($m, $host, "*"), [$host . "INBOX"]);
	$overview = imap_fetch_overview($m, "1:*");
	is("overview", count($overview), 60);
	foreach ($overview as $o) {
		$text = imap_fetchheader($m, $o->msgno, FT_PREFETCHTEXT) . imap_body($m, $o->msgno, FT_PEEK);
		is("size of $o->msgno", strlen($text), $o->size);
		is("structure of $o->msgno", is_object(imap_fetchstructure($m, $o->msgno)), true);
		is("header of $o->msgno", is_object(imap_headerinfo($m, $o->msgno)), true);
	}
	is("search", count(imap_search($m, 'SEEN')), 60);
	is("sort", count(imap_sort($m, SORTDATE, 1, 0, 'ALL', 'UTF-8')), 60);
	is("thread", count(imap_thread($m)) > 100, true);
	is("create", imap_createmailbox($m, $host . "made"), true);
	is("append", imap_append($m, $host . "made", "Subject: php\r\n\r\nx\r\n", "\\Seen"), true);
	is("copy", imap_mail_copy($m, "1:3", "made"), true);
	is("move", imap_mail_move($m, "4", "made"), true);
	is("expunge", imap_expunge($m), true);
	is("status", imap_status($m, $host . "made", SA_MESSAGES)->messages, 5);
	is("reopen", imap_reopen($m, $host . "made"), true);
	is("flag", imap_setflag_full($m, "1:2", "\\Flagged word"), true);
	is("keyword", count(imap_search($m, 'KEYWORD word')), 2);
	is("delete", imap_delete($m, "1:2") && imap_expunge($m), true);
	is("left", imap_num_msg($m), 3);
	is("rename", imap_renamemailbox($m, $host . "made", $host . "made again"), true);
	is("remove", imap_deletemailbox($m, $host . "made again"), true);
	imap_close($m);
	imap_errors(); imap_alerts();
	echo "all done\n";
	END
	runs php "$T/c.php" "$PORT"
}

@test "Mail::IMAPClient" {
	perl -MMail::IMAPClient -e 1 2>/dev/null || skip "no Mail::IMAPClient (Debian: libmail-imapclient-perl)"
	cat >"$T/c.pl" <<-'END'
	use strict; use Mail::IMAPClient;
	sub is { my ($what, $got, $wanted) = @_; $got eq $wanted or die "$what: $got, not $wanted\n" }
	my $i = Mail::IMAPClient->new(Server => '127.0.0.1', Port => $ARGV[0], User => 'alice', Password => 'secret', Uid => 1) or die $@;
	$i->select('INBOX') or die $i->LastError;
	my @all = $i->messages; is('messages', scalar @all, 60);
	for (@all) {
		is("size of $_", length $i->message_string($_), $i->size($_));
		$i->get_bodystructure($_) or die "structure of $_\n";
		$i->get_envelope($_) or die "envelope of $_\n";
	}
	is('seen', scalar @{[$i->seen]}, 60);
	$i->create('made') or die $i->LastError;
	is('append', $i->append('made', "Subject: perl\r\n\r\nx\r\n"), 1);
	is('copy', $i->copy('made', @all[0 .. 2]), '2,3,4');
	$i->move('made', $all[3]) or die $i->LastError; $i->expunge;
	is('left', $i->message_count, 59);
	$i->select('made'); is('moved', $i->message_count, 5);
	$i->thread('REFERENCES') or die $i->LastError;
	$i->delete_message($i->messages); $i->expunge; is('emptied', $i->message_count, 0);
	$i->close; $i->delete('made') or die $i->LastError; $i->logout or die $i->LastError;
	print "all done\n";
	END
	runs perl "$T/c.pl" "$PORT"
}

@test "Net::IMAP" {
	need ruby ruby
	cat >"$T/c.rb" <<-'END'
	require 'net/imap'
	def is(what, got, wanted) abort("#{what}: #{got.inspect}") unless got == wanted end
	i = Net::IMAP.new('127.0.0.1', port: ARGV[0].to_i); i.login('alice', 'secret')
	i.select('INBOX')
	all = i.fetch(1..-1, %w[UID FLAGS ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE BODY.PEEK[]])
	is('messages', all.size, 60)
	is('sizes', all.reject { |m| m.attr['BODY[]'].bytesize == m.attr['RFC822.SIZE'] }, [])
	is('search', i.uid_search(['OR', 'SEEN', 'UNSEEN']).size, 60)
	is('sort', i.sort(['SUBJECT'], ['ALL'], 'UTF-8').size, 60)
	is('thread', i.thread('REFERENCES', ['ALL'], 'UTF-8').flatten.size > 0, true)
	i.create('made'); i.append('made', "Subject: ruby\r\n\r\nx\r\n", [:Seen], Time.now)
	is('copy', i.copy(1..2, 'made').data.code.name, 'COPYUID'); i.move(3, 'made')
	is('status', i.status('made', %w[MESSAGES UIDNEXT]), { 'MESSAGES' => 4, 'UIDNEXT' => 5 })
	i.select('made'); is('store', i.store(1..2, '+FLAGS', [:Deleted]).size, 2); is('expunge', i.expunge.size, 2)
	j = Net::IMAP.new('127.0.0.1', port: ARGV[0].to_i); j.login('alice', 'secret')
	told = nil; t = Thread.new { j.append('made', "Subject: late\r\n\r\nx\r\n"); j.logout }
	i.idle(60) { |r| (told = r.data; i.idle_done) if r.is_a?(Net::IMAP::UntaggedResponse) && r.name == 'EXISTS' }
	t.join; is('told in IDLE', told, 3)
	i.close; i.delete('made'); i.logout; puts 'all done'
	END
	runs ruby "$T/c.rb" "$PORT"
}
