/*
 * A main() for a fuzz target where libFuzzer is not there: runs each seed as it
 * is, then so many mutations of them, the same ones for the same number.
 *
 *	fuzz_NAME [-n RUNS] [-s NUMBER] SEED...
 *
 * With clang: -fsanitize=fuzzer,address in the place of this file. A crash is
 * found again by the run that the last line of -v names.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 16, SEEDS_MAX = 1000 };

struct seed {
	uint8_t *data;
	size_t len;
};

static uint64_t state;

static uint64_t
random_number(void)
{
	/* xorshift64* */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

static size_t
below(size_t n)
{
	return n == 0 ? 0 : (size_t)(random_number() % n);
}

/* What breaks parsers of lines and lengths more often than a random byte. */
static const char *const words[] = {
	"\r\n", "\n", "\r", "{1}", "{0+}\r\n", "{4096+}\r\n", "{4097+}\r\n", "{18446744073709551615}",
	"{9999999999999999999999}", "\"", "\\", "\\\"", "(", ")", "NIL", " ", "  ", "*", "=", "====",
	"\xff\xff", "%s%n", "a LOGIN ", "AUTHENTICATE PLAIN ", "AUTHENTICATE LOGIN\r\n", "ID (", "PROXY ",
	"TCP4 ", "UNKNOWN", "x-originating-ip", "AHUAcA==\r\n",
};

static size_t
mutate(uint8_t *data, size_t len)
{
	size_t times = 1 + below(8);

	while (times-- > 0) {
		size_t at = below(len + 1), run = 1 + below(16);
		const char *word;

		switch (below(6)) {
		case 0:
			if (len > 0)
				data[below(len)] ^= (uint8_t)(1u << below(8));
			break;
		case 1:
			if (len > 0)
				data[below(len)] = (uint8_t)random_number();
			break;
		case 2:	/* take away */
			if (at + run <= len) {
				memmove(data + at, data + at + run, len - at - run);
				len -= run;
			}
			break;
		case 3:	/* say twice */
			if (at + run <= len && len + run <= INPUT_MAX) {
				memmove(data + at + run, data + at, len - at);
				len += run;
			}
			break;
		case 4:	/* put in */
			word = words[below(sizeof words / sizeof words[0])];
			run = strlen(word);
			if (len + run <= INPUT_MAX) {
				memmove(data + at + run, data + at, len - at);
				memcpy(data + at, word, run);
				len += run;
			}
			break;
		default:	/* cut off */
			if (below(8) == 0)
				len = at;
			break;
		}
	}
	return len;
}

static void
run_one(const uint8_t *data, size_t len)
{
	/* A copy of exactly that size: the sanitizer sees each byte beyond. */
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (len > 0)
		memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

int
main(int argc, char **argv)
{
	static struct seed seeds[SEEDS_MAX];
	static uint8_t data[INPUT_MAX];
	long runs = 10000, number = 1;
	int count = 0, opt, verbose = 0;

	while ((opt = getopt(argc, argv, "n:s:v")) != -1) {
		if (opt == 'n')
			runs = atol(optarg);
		else if (opt == 's')
			number = atol(optarg);
		else
			verbose = 1;
	}
	for (; optind < argc && count < SEEDS_MAX; optind++) {
		FILE *file = fopen(argv[optind], "rb");

		if (file == NULL)
			continue;
		seeds[count].len = fread(data, 1, sizeof data, file);
		seeds[count].data = malloc(seeds[count].len + 1);
		memcpy(seeds[count].data, data, seeds[count].len);
		run_one(data, seeds[count].len);
		count++;
		fclose(file);
	}
	for (long i = 0; i < runs; i++) {
		struct seed none = { data, 0 };
		const struct seed *seed;
		size_t len;

		state = (uint64_t)number * 0x9e3779b97f4a7c15 + (uint64_t)i + 1;
		random_number();
		seed = count > 0 ? &seeds[below((size_t)count)] : &none;
		len = seed->len;
		memmove(data, seed->data, len);
		len = mutate(data, len);
		if (verbose) {
			printf("run %ld\n", i);
			fflush(stdout);
		}
		run_one(data, len);
	}
	printf("%d seeds, %ld mutations\n", count, runs);
	return 0;
}
