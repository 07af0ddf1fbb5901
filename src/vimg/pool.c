#include "pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "banned.h"

#define STACK ((size_t)512 << 10)
#define BATCH 64			/* photos of a sync */
#define MOUNT_STORERS 6

struct pool {
	const struct options *o;
	struct store *store;
	pthread_t *threads;
	int n;				/* threads */
	int fd;
	size_t given;			/* main thread's */

	pthread_mutex_t lock;
	pthread_cond_t decode_due, store_due, room;
	struct photos decode, keep, done;
	size_t memory;			/* that decoders hold */
	bool ending;
	int failed;			/* the store did: nothing more is kept */
};

/* ---- the memory of decoding ---- */

static void
take_memory(void *arg, size_t bytes)
{
	struct pool *p = arg;

	pthread_mutex_lock(&p->lock);
	while (p->memory > 0 &&
	    p->memory + bytes > (size_t)p->o->max_memory)
		pthread_cond_wait(&p->room, &p->lock);
	p->memory += bytes;
	pthread_mutex_unlock(&p->lock);
}

static void
give_memory(void *arg, size_t bytes)
{
	struct pool *p = arg;

	pthread_mutex_lock(&p->lock);
	p->memory -= bytes;
	pthread_cond_broadcast(&p->room);
	pthread_mutex_unlock(&p->lock);
}

/* ---- decode ---- */

static void
done(struct pool *p, struct photo *ph)
{
	static const uint64_t one = 1;

	pthread_mutex_lock(&p->lock);
	photos_add(&p->done, ph);
	pthread_mutex_unlock(&p->lock);
	if (write(p->fd, &one, sizeof one) != sizeof one)
		die_errno(EX_SOFTWARE, "cannot wake the main thread");
}

/* 304: our object must be what it was; else it is asked for again. */
static bool
reread(struct pool *p, struct photo *ph)
{
	char *path = store_path("sha256", ph->known_sha256, ph->known_ext);
	bool ok = store_read(p->store, path, (size_t)ph->known_bytes,
	    &ph->body);

	free(path);
	sha_of(buf_slice(&ph->body), ph->sha256);
	return ok && strcmp(ph->sha256, ph->known_sha256) == 0;
}

static void
name_files(struct pool *p, struct photo *ph)
{
	char prefix[32];
	int i;

	if (p->store == NULL)
		return;
	ph->path = store_path("sha256", ph->sha256,
	    image_format_ext(ph->image.format));
	for (i = 0; i < ph->ncopies; i++) {
		snprintf(prefix, sizeof prefix, "thumb/%d",
		    ph->copies[i].edge);
		ph->files[i].path = store_path(prefix, ph->sha256, "jpg");
		sha_of(buf_slice(&ph->copies[i].jpeg), ph->files[i].sha256);
	}
}

static void
decode(struct pool *p, struct photo *ph)
{
	const struct image_limits l = { p->o->max_pixels,
		(size_t)p->o->max_memory, take_memory, give_memory, p };
	const char *why;
	int i;

	if (ph->reread) {
		if (!reread(p, ph)) {
			photo_reason(ph, "failed", "missing");
			return;
		}
	} else {
		sha_of(buf_slice(&ph->body), ph->sha256);
	}
	ph->bytes = ph->body.len;
	/* nothing is kept: no copies either */
	ph->ncopies = p->store != NULL ? p->o->ncopies : 0;
	for (i = 0; i < ph->ncopies; i++)
		ph->copies[i] = (struct image_copy){ .edge = p->o->edges[i] };
	why = image_decode(buf_slice(&ph->body), &l, &ph->image, ph->copies,
	    ph->ncopies);
	if (why != NULL) {
		photo_reason(ph, strcmp(why, "truncated") == 0 ? "failed" :
		    "unfit", why);
		return;
	}
	ph->decoded = true;
	ph->outcome = "hashed";
	name_files(p, ph);
}

static void *
decoder(void *arg)
{
	struct pool *p = arg;
	struct photo *ph;

	for (;;) {
		pthread_mutex_lock(&p->lock);
		while ((ph = photos_take(&p->decode)) == NULL && !p->ending)
			pthread_cond_wait(&p->decode_due, &p->lock);
		pthread_mutex_unlock(&p->lock);
		if (ph == NULL)
			return NULL;
		decode(p, ph);
		if (!ph->decoded || p->store == NULL) {
			done(p, ph);
			continue;
		}
		pthread_mutex_lock(&p->lock);
		photos_add(&p->keep, ph);
		pthread_cond_signal(&p->store_due);
		pthread_mutex_unlock(&p->lock);
	}
}

/* ---- store ---- */

static size_t
list_files(struct photo *ph, struct store_item *items)
{
	size_t n = 0;
	int i;

	/* the copies first: the object is what is believed */
	for (i = 0; i < ph->ncopies; i++)
		if (ph->copies[i].width > 0)
			items[n++] = (struct store_item){ ph->files[i].path,
				ph->copies[i].jpeg.data,
				ph->copies[i].jpeg.len, ph->files[i].sha256,
				false };
	items[n++] = (struct store_item){ ph->path, ph->body.data,
		ph->body.len, ph->sha256, false };
	return n;
}

static void
keep(struct pool *p, struct photo **batch, int n)
{
	struct store_item items[BATCH * (COPIES_MOST + 1)];
	size_t count = 0, last[BATCH];
	int status, i;

	for (i = 0; i < n; i++) {
		count += list_files(batch[i], items + count);
		last[i] = count - 1;
	}
	pthread_mutex_lock(&p->lock);
	status = p->failed;
	pthread_mutex_unlock(&p->lock);
	if (status == EX_OK)
		status = store_put(p->store, items, count);
	if (status != EX_OK) {
		pthread_mutex_lock(&p->lock);
		p->failed = status;
		pthread_mutex_unlock(&p->lock);
	}
	for (i = 0; i < n; i++) {
		batch[i]->failed = status;
		batch[i]->outcome = items[last[i]].known ? "known" : "stored";
		done(p, batch[i]);
	}
}

static void *
storer(void *arg)
{
	struct pool *p = arg;
	struct photo *batch[BATCH];
	int n, most = p->store->to.mount ? 1 : BATCH;

	for (;;) {
		pthread_mutex_lock(&p->lock);
		for (;;) {
			for (n = 0; n < most && p->keep.first != NULL; n++)
				batch[n] = photos_take(&p->keep);
			if (n > 0 || p->ending)
				break;
			pthread_cond_wait(&p->store_due, &p->lock);
		}
		pthread_mutex_unlock(&p->lock);
		if (n == 0)
			return NULL;
		keep(p, batch, n);
	}
}

/* ---- the main thread's side ---- */

static void
start(struct pool *p, void *(*body)(void *), const pthread_attr_t *attr)
{
	if (pthread_create(&p->threads[p->n++], attr, body, p) != 0)
		die(EX_SOFTWARE, "cannot start a thread");
}

struct pool *
pool_new(const struct options *o, struct store *store)
{
	struct pool *p = xcalloc(1, sizeof *p);
	int storers = store == NULL ? 0 : store->to.mount ? MOUNT_STORERS : 1;
	int decoders = (int)o->threads, i;
	pthread_attr_t attr;
	sigset_t all, old;

	p->o = o;
	p->store = store;
	photos_init(&p->decode);
	photos_init(&p->keep);
	photos_init(&p->done);
	p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->fd < 0)
		die_errno(EX_SOFTWARE, "cannot make an eventfd");
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->decode_due, NULL);
	pthread_cond_init(&p->store_due, NULL);
	pthread_cond_init(&p->room, NULL);
	p->threads = xcalloc((size_t)(decoders + storers),
	    sizeof *p->threads);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (i = 0; i < decoders; i++)
		start(p, decoder, &attr);
	for (i = 0; i < storers; i++)
		start(p, storer, &attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return p;
}

void
pool_free(struct pool *p)
{
	struct photo *ph;
	int i;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->decode_due);
	pthread_cond_broadcast(&p->store_due);
	pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->n; i++)
		pthread_join(p->threads[i], NULL);
	while ((ph = photos_take(&p->keep)) != NULL ||
	    (ph = photos_take(&p->done)) != NULL)
		photo_free(ph);
	pthread_cond_destroy(&p->room);
	pthread_cond_destroy(&p->store_due);
	pthread_cond_destroy(&p->decode_due);
	pthread_mutex_destroy(&p->lock);
	close(p->fd);
	free(p->threads);
	free(p);
}

void
pool_give(struct pool *p, struct photo *ph)
{
	p->given++;
	pthread_mutex_lock(&p->lock);
	photos_add(&p->decode, ph);
	pthread_cond_signal(&p->decode_due);
	pthread_mutex_unlock(&p->lock);
}

size_t
pool_n(const struct pool *p)
{
	return p->given;
}

int
pool_fd(const struct pool *p)
{
	return p->fd;
}

struct photo *
pool_done(struct pool *p)
{
	struct photo *ph;
	uint64_t n;

	pthread_mutex_lock(&p->lock);
	ph = photos_take(&p->done);
	/* whoever adds after this has yet to write, or has written more */
	if (ph == NULL && read(p->fd, &n, sizeof n) < 0)
		n = 0;
	pthread_mutex_unlock(&p->lock);
	if (ph != NULL)
		p->given--;
	return ph;
}
