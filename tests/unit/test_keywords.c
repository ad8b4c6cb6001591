/* Keyword names and sets. */
#include "store/keywords.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"

int
main(void)
{
	struct keywords kw;
	uint32_t ids[1000], a, b, c, set;
	char name[300];

	keywords_init(&kw);
	check(keywords_find(&kw, "x", 1) == -1, "nothing at first");
	a = keywords_id(&kw, "todo", 4);
	b = keywords_id(&kw, "$Work", 5);
	c = keywords_id(&kw, "TODO", 4);
	check(a == c, "case does not count");
	check_str(kw.names[a], "todo", "the first spelling stays");
	set = keywords_set(&kw, (uint32_t[]){ b, a, b }, 3);
	check(set == keywords_set(&kw, (uint32_t[]){ a, b }, 2), "order and repeats do not count");
	check(keywords_set(&kw, NULL, 0) == 0, "no keyword is set 0");
	check(keywords_has(&kw, set, a) && keywords_has(&kw, set, b) && !keywords_has(&kw, 0, a), "has");
	c = keywords_set(&kw, &a, 1);
	check(keywords_minus(&kw, set, c) == keywords_set(&kw, &b, 1), "minus");
	check(keywords_union(&kw, c, keywords_set(&kw, &b, 1)) == set, "union");
	check(keywords_minus(&kw, set, set) == 0, "minus itself is nothing");
	for (int i = 0; i < 1000; i++) {
		int len = snprintf(name, sizeof name, "%0200d", i);

		ids[i] = keywords_id(&kw, name, (size_t)len);
	}
	set = keywords_set(&kw, ids, 1000);
	check(kw.count == 1002 && kw.sets[set].count == 1000, "a thousand long names that begin alike");
	for (int i = 0; i < 1000; i++) {
		int len = snprintf(name, sizeof name, "%0200d", i);

		if (keywords_find(&kw, name, (size_t)len) != ids[i])
			check(false, "found again: %d", i);
	}
	keywords_fini(&kw);
	return test_done();
}
