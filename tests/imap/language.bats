# LANGUAGE: RFC 5255 section 3; ID: RFC 2971.
load ../lib

@test "i-default is spoken, and nothing else (RFC 5255 3.2)" {
	mailbox inbox; start A; say A LANGUAGE; no A; unheard A '* LANGUAGE...'
	must A 'LANGUAGE i-default'; heard A '* LANGUAGE ("i-default")'; must A 'LANGUAGE default'; must A 'LANGUAGE "*"'; must A 'LANGUAGE DE "i-default"'
	say A 'LANGUAGE DE'; no A; unheard A '* LANGUAGE...'; say A 'LANGUAGE (DE)'; bad A; alive A
}

@test "ID answers what the administrator set (RFC 2971 3.3)" {
	mailbox inbox
	start A; must A 'ID NIL'; heard A '* ID ("name" "mayfly")'
	start B '--id=name=house,vendor=me'; must B 'ID ("name" "x")'; heard B '* ID ("name" "house" "vendor" "me")'
	start C '--id='; must C 'ID NIL'; heard C '* ID NIL'
}
