/*
 * images_decode [THREADS] - reads files, hashes and decodes them as vimg does
 *
 * File names on standard input, one a line; one thread a core.  Says how many
 * were pictures.  Nothing is fetched and nothing is kept: what is left is the
 * work that looking at pictures takes, the yardstick of tests/bench/images.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"
#include "image.h"
#include "sha.h"
#include "banned.h"

#define THREADS_MOST 256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long pictures, others;

static bool
next_name(char **line, size_t *size)
{
	ssize_t n;

	pthread_mutex_lock(&lock);
	n = getline(line, size, stdin);
	pthread_mutex_unlock(&lock);
	if (n > 0 && (*line)[n - 1] == '\n')
		(*line)[n - 1] = '\0';
	return n > 0;
}

static bool
look(const char *name, struct buf *b)
{
	const struct image_limits l = { .pixels = (int64_t)50 << 20,
		.memory = (size_t)24 << 20 };
	struct image image;
	char sha256[SHA_HEX];

	buf_reset(b);
	if (!file_read(name, b)) {
		perror(name);
		exit(EX_IOERR);
	}
	sha_of(buf_slice(b), sha256);
	return image_decode(buf_slice(b), &l, &image, NULL, 0) == NULL;
}

static void *
work(void *arg)
{
	struct buf b = { 0 };
	char *line = NULL;
	size_t size = 0;
	bool good;

	while (next_name(&line, &size)) {
		good = look(line, &b);
		pthread_mutex_lock(&lock);
		*(good ? &pictures : &others) += 1;
		pthread_mutex_unlock(&lock);
	}
	buf_release(&b);
	free(line);
	return arg;
}

int
main(int argc, char *argv[])
{
	long n = argc > 1 ? atol(argv[1]) : sysconf(_SC_NPROCESSORS_ONLN), i;
	pthread_t threads[THREADS_MOST];

	if (n < 1 || n > THREADS_MOST)
		return EX_USAGE;
	for (i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			return EX_SOFTWARE;
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("%ld pictures, %ld others\n", pictures, others);
	return fflush(stdout) == 0 ? 0 : EX_IOERR;
}
