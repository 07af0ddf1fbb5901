/* store FOLDER - objects under their hashes; half ones, false ones, and
 * company.  The last test makes it say why. */
#include "store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "test.h"

#define PROCESSES 4
#define OBJECTS 60

static const char *folder;

/* An object of some size, the same for the same number. */
static struct buf
object(int n)
{
	struct buf b = { 0 };
	int i;

	for (i = 0; i < 1000 + 100 * n; i++)
		buf_addc(&b, (char)(i * 31 + n * 7 + i / 97));
	return b;
}

struct named {
	struct buf bytes;
	char sha256[SHA_HEX];
	char *path, *full;
};

static struct named
named(int n)
{
	struct named o = { .bytes = object(n) };

	sha_of(buf_slice(&o.bytes), o.sha256);
	o.path = store_path("sha256", o.sha256, "jpg");
	o.full = xasprintf("%s/%s", folder, o.path);
	return o;
}

static void
release(struct named *o)
{
	buf_release(&o->bytes);
	free(o->path);
	free(o->full);
}

static struct store_item
item(const struct named *o)
{
	return (struct store_item){ o->path, o->bytes.data, o->bytes.len,
		false };
}

static int
put_one(struct store *s, const struct named *o, bool *known)
{
	struct store_item it = item(o);
	int status = store_put(s, &it, 1);

	*known = it.known;
	return status;
}

static bool
is_right(const struct named *o)
{
	return publish_proven(o->full, o->bytes.len, o->sha256);
}

static void
new_then_known(struct store *s)
{
	struct named o = named(1);
	struct buf b = { 0 };
	bool known;

	CHECK(strlen(o.path) == 7 + 3 + 3 + 64 + 4);
	CHECK(memcmp(o.path + 7, o.sha256, 2) == 0 &&
	    memcmp(o.path + 10, o.sha256 + 2, 2) == 0);
	CHECK(!store_has(s, o.path, o.bytes.len));
	CHECK(put_one(s, &o, &known) == EX_OK && !known && is_right(&o));
	CHECK(put_one(s, &o, &known) == EX_OK && known && is_right(&o));
	CHECK(store_has(s, o.path, o.bytes.len));
	CHECK(!store_has(s, o.path, o.bytes.len + 1));
	CHECK(store_read(s, o.path, o.bytes.len, &b) &&
	    slice_eq(buf_slice(&b), buf_slice(&o.bytes)));
	buf_reset(&b);
	CHECK(!store_read(s, o.path, o.bytes.len - 1, &b));
	buf_release(&b);
	release(&o);
}

static void
overwrite(const struct named *o, size_t len, char change)
{
	struct buf b = { 0 };
	int fd = open(o->full, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	buf_add(&b, o->bytes.data, len);
	if (len > 0)
		b.data[len / 2] = (char)(b.data[len / 2] ^ change);
	CHECK(fd >= 0 && write(fd, b.data, len) == (ssize_t)len);
	close(fd);
	buf_release(&b);
}

/* What a killed process left: nothing, half of it, all but a byte; or rot. */
static void
what_is_wrong_is_written_anew(struct store *s)
{
	struct named o = named(2);
	size_t len = o.bytes.len, lens[] = { 0, len / 2, len - 1, len };
	bool known;
	size_t i;

	CHECK(put_one(s, &o, &known) == EX_OK);
	for (i = 0; i < 4; i++) {
		overwrite(&o, lens[i], lens[i] == len ? 1 : 0);
		CHECK(!is_right(&o));
		CHECK(put_one(s, &o, &known) == EX_OK && !known &&
		    is_right(&o));
	}
	release(&o);
}

static void
put_many(void)
{
	struct store_item items[OBJECTS];
	struct named o[OBJECTS];
	struct store s;
	int i, status;

	store_open(&s, folder, false, NULL);
	for (i = 0; i < OBJECTS; i++) {
		o[i] = named(100 + i);
		items[i] = item(&o[i]);
	}
	status = store_put(&s, items, OBJECTS);
	for (i = 0; i < OBJECTS; i++)
		if (!is_right(&o[i]))
			status = 1;
	_exit(status);
}

static void
several_at_once(void)
{
	struct named o;
	int i, status;

	for (i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			put_many();
	for (i = 0; i < PROCESSES; i++) {
		CHECK(wait(&status) > 0);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	for (i = 0; i < OBJECTS; i++) {
		o = named(100 + i);
		CHECK(is_right(&o));
		release(&o);
	}
}

/* A failure says so and leaves nothing under the name. */
static void
a_folder_that_cannot_be(struct store *s)
{
	struct named o = named(3);
	char *dir = xasprintf("%s/sha256/%.2s", folder, o.sha256);
	bool known;

	(void)rmdir(dir); /* none of the others is there */
	CHECK(file_replace(dir, SLICE("in the way"), 0644));
	CHECK(put_one(s, &o, &known) == EX_IOERR);
	CHECK(unlink(dir) == 0);
	free(dir);
	release(&o);
}

int
main(int argc, char *argv[])
{
	struct store s;

	CHECK(argc == 2);
	folder = argv[1];
	store_open(&s, folder, false, NULL);
	new_then_known(&s);
	what_is_wrong_is_written_anew(&s);
	several_at_once();
	a_folder_that_cannot_be(&s);
	store_close(&s);
	return DONE();
}
