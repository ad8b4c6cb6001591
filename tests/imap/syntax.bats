# Bad input: a tagged BAD that says what was wrong, the world untouched, and the session goes on. RFC 9051 sections 2.2, 7.1.3, 9.
load ../lib

@test "a line without a tag, an empty line, blanks: told off, and the session goes on (RFC 9051 2.2.1)" {
	mailbox inbox
	start A
	for line in '' ' ' 'NOOP' '  NOOP' '\t' '* NOOP' '+ NOOP' 'a' 'a ' '(a) NOOP' '{5}' '"a" NOOP' '%a NOOP' 'a\\b NOOP' '\xff\xfe' 'a\x01b NOOP'; do
		raw A "$line\r\n"; raw A 'sync1 NOOP\r\n'; await A 'sync1 OK...'
		alive A
	done
}

@test "more than one blank between words is BAD; one at the end is an old habit (RFC 9051 9)" {
	mailbox inbox
	start A
	say A ' NOOP'; bad A
	say A 'SELECT  inbox'; bad A
	say A 'STATUS inbox  (MESSAGES)'; bad A
	say A 'STATUS inbox (MESSAGES )'; bad A
	must A 'NOOP '
	alive A
}

@test "a bare LF ends a line as CRLF does, or is refused: never taken for both" {
	mailbox inbox
	start A
	raw A 'a NOOP\nb NOOP\r\n'; await A 'b ...'
	alive A
}

@test "a bare CR inside a line is no line end" {
	mailbox inbox
	start A
	raw A 'a NOOP\rb CREATE smuggled\r\n'; await A 'a ...'
	alive A; [[ ! -e $MAILDIR/.smuggled ]]
}

@test "NUL in a command is BAD (RFC 9051 9, CHAR)" {
	mailbox inbox
	start A
	raw A 'a CREATE x\0y\r\n'; await A 'a BAD...'
	raw A 'b CREATE "x\0y"\r\n'; await A 'b BAD...'
	raw A 'c NO\0OP\r\n'; await A 'c BAD...'
	raw A 'd CREATE {3}\r\n'; await A '+...'; raw A 'x\0y\r\n'; await A 'd {{BAD|NO}}...'
	raw A 'e CREATE {3+}\r\nx\0y\r\n'; await A 'e {{BAD|NO}}...'
	alive A; must A 'LIST "" *'; names A INBOX
}

@test "quoted strings: what may not be in them, and what must be quoted (RFC 9051 4.3)" {
	mailbox inbox
	start A
	say A 'CREATE "no end'; bad A
	say A 'CREATE "bad \escape"'; bad A
	say A 'CREATE "ends in backslash\"'; bad A
	say A 'CREATE "x"y'; bad A
	say A 'CREATE x"y'; bad A
	raw A 'a CREATE "two\r\nb NOOP\r\n'; await A 'a BAD...'; await A 'b OK...'
	must A 'CREATE "with \"quotes\" and \\"'; must A 'SELECT "with \"quotes\" and \\"'
}

@test "literals in every place where a string may stand (RFC 9051 4.3)" {
	mailbox inbox plain.eml
	start A
	must A 'CREATE ' =first; must A 'CREATE ' =+second; must A 'RENAME ' =first ' ' =+third; must A 'SELECT ' =inbox
	must A 'SUBSCRIBE ' =+second; must A 'LIST ' =+ ' ' '=+*'; listed A second; listed A third
	must A 'STATUS ' =third ' (MESSAGES)'; must A 'COPY 1 ' =third; must A 'APPEND ' =+third ' ' @+plain.eml
	must A 'SEARCH FROM ' =lark ' SUBJECT ' =+plain ' HEADER ' =From ' ' =+ada; searched A 1
	must A 'FETCH 1 BODY.PEEK[HEADER.FIELDS (' =From ' ' =+To ')]'; must A 'ID (' =a ' ' =+b ')'; must A 'DELETE ' =second
}

@test "bad literals are BAD, and nothing behind them is taken for a command (RFC 9051 4.3)" {
	mailbox inbox
	start A
	for size in '{}' '{x}' '{-1}' '{ 5}' '{5 }' '{5' '{+}' '{5-}' '{5++}' '{0x5}' '{1.5}' '{4294967296x}'; do
		raw A "a CREATE $size\r\n"; await A 'a BAD...'
		alive A
	done
	must A 'LIST "" *'; names A INBOX
}

@test "a literal larger than any argument has reason to be is refused before it is sent (E.2)" {
	mailbox inbox
	start A
	for size in 2147483647 2147483648 4294967295 4294967296 9223372036854775807 9223372036854775808 18446744073709551616 99999999999999999999999; do
		say A "CREATE {$size}"; text A | grep -qE '^A[0-9]+ (BAD|NO)'
	done
	alive A
}

@test "leading zeros of a literal's size do not fool us (E.2)" {
	mailbox inbox
	start A; raw A 'a CREATE {0000003}\r\n'; await A '{{\+|a BAD}}...'
	if text A | grep -q '^+'; then raw A 'abc\r\n'; await A 'a ...'; fi
	alive A
}

@test "numbers too large are BAD, wherever they stand (E.2)" {
	mailbox inbox plain.eml
	open A inbox
	for n in 4294967296 18446744073709551616 18446744073709551617 340282366920938463463374607431768211457; do
		say A "FETCH $n UID"; bad A; say A "UID FETCH $n UID"; bad A; say A "UID FETCH 1:$n UID"; bad A
		say A "FETCH 1 BODY[$n]"; bad A; say A "SEARCH UID $n"; bad A
	done
	say A 'FETCH 1 BODY.PEEK[]<99999999999999999999.1>'; bad A
	say A 'FETCH 1 BODY.PEEK[]<0.99999999999999999999>'; bad A
	say A 'FETCH 1 BODY.PEEK[]<18446744073709551615.18446744073709551615>'; bad A
	alive A
}

@test "8-bit outside of strings is BAD (RFC 9051 9, CHAR)" {
	mailbox inbox
	start A
	raw A 'a CREATE gr\xc3\xbc\xc3\x9fe\r\n'; await A 'a {{BAD|NO}}...'
	raw A 'b N\xd6\xd6P\r\n'; await A 'b BAD...'
	raw A '\xe9 NOOP\r\n'; alive A
}

@test "BAD names what was wrong (RFC 9051 7.1.3)" {
	mailbox inbox plain.eml
	open A inbox
	say A 'FETCH 1 NONSENSE'; heard A 'A2 BAD ...NONSENSE...'
	say A 'STATUS inbox (MESSAGES BLURDY)'; heard A 'A3 BAD ...BLURDY...'
	say A 'XYZZY 1 2 3'; heard A 'A4 BAD ...XYZZY...'
	say A 'SEARCH FOOBAR'; heard A 'A5 BAD ...FOOBAR...'
}

@test "BAD never echoes control characters or 8-bit (E.3 16)" {
	mailbox inbox
	start A
	raw A 'a X\x1b[31mY\r\n'; await A 'a BAD...'; raw A 'b FETCH \x7f\x01\r\n'; await A 'b BAD...'; raw A 'c \xff\xff\xff\r\n'; await A 'c BAD...'
	refute env LC_ALL=C grep -q '[^ -~]' <(text A)
	alive A
}

@test "a hundred thousand bad lines are refused one by one, or the session ends with BYE" {
	mailbox inbox
	start A; excuse A; repeat A 20000 'a BLURDYBLOOP\r\n'; raw A 'z NOOP\r\n'
	await A '{{z OK.*|\* BYE.*}}'
}

@test "an argument too many or too few is BAD in every command, and changes nothing" {
	mailbox inbox plain.eml; mailbox box
	open A inbox
	for command in 'CAPABILITY 1' 'NOOP 1' 'NAMESPACE 1' 'SELECT' 'SELECT a b' 'EXAMINE' 'EXAMINE a b' 'CREATE' 'DELETE' 'RENAME box' 'SUBSCRIBE' \
		'UNSUBSCRIBE' 'LIST' 'LIST ""' 'LSUB ""' 'STATUS box' 'STATUS' 'APPEND' 'APPEND box' 'CHECK 1' 'CLOSE 1' 'UNSELECT 1' 'EXPUNGE 1' 'UID EXPUNGE' \
		'SEARCH' 'UID SEARCH' 'FETCH' 'FETCH 1' 'STORE' 'STORE 1' 'STORE 1 FLAGS' 'COPY' 'COPY 1' 'MOVE' 'MOVE 1' 'UID' 'UID FETCH' 'UID FETCH 1' 'UID COPY 1' \
		'ENABLE' 'ID' 'IDLE 1' 'LOGOUT 1' 'SUBSCRIBE a b' 'UNSUBSCRIBE a b' 'DELETE box x' 'RENAME box b x' 'COPY 1 box x' 'MOVE 1 box x'; do
		say A "$command"; bad A
	done
	alive A; count A 1; must A 'LIST "" *'; names A INBOX box; must A 'STATUS box (MESSAGES)'; status A box MESSAGES 0
}
