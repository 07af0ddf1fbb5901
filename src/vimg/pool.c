#include "pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "banned.h"

#define STACK ((size_t)512 << 10)
/* A sync is waited for by so many photos, or bytes, or for so long: on a folder
 * it costs as much for one as for many. */
#define BATCH 64
#define BATCH_BYTES ((size_t)5 << 19)
#define BATCH_MS 100
#define LOOKS ((size_t)4096) /* pictures that are known again */

/* What a picture was found to be: the same bytes are decoded once. */
struct look {
	char sha256[SHA_HEX];
	struct image image;
};

struct pool {
	const struct options *o;
	struct store *store;
	pthread_t *threads;
	int n; /* threads */
	int fd;
	size_t given; /* main thread's */

	pthread_mutex_t lock;
	pthread_cond_t decode_due, store_due, room;
	struct photos decode, keep, done;
	int decoding;       /* photos that decoders have */
	size_t kept;        /* bytes that wait in keep */
	size_t memory;      /* that decoders hold */
	struct look *looks; /* each at a place by its hash */
	bool ending;
	int failed; /* the store did: nothing more is kept */
};

/* ---- the memory of decoding ---- */

static void
take_memory(void *arg, size_t bytes)
{
	struct pool *p = arg;

	pthread_mutex_lock(&p->lock);
	while (p->memory > 0 && p->memory + bytes > (size_t)p->o->max_memory)
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
wake(struct pool *p)
{
	static const uint64_t one = 1;

	if (write(p->fd, &one, sizeof one) != sizeof one)
		die_errno(EX_SOFTWARE, "cannot wake the main thread");
}

/* 304: our object must be what it was; else it is asked for again. */
static bool
reread(struct pool *p, struct photo *ph)
{
	char *path = store_path("sha256", ph->known_sha256, ph->known_ext);
	bool ok =
	    store_read(p->store, path, (size_t)ph->known_bytes, &ph->body);

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
		snprintf(prefix, sizeof prefix, "thumb/%d", ph->copies[i].edge);
		ph->files[i].path = store_path(prefix, ph->sha256, "jpg");
		sha_of(buf_slice(&ph->copies[i].jpeg), ph->files[i].sha256);
	}
}

static struct look *
look_at(struct pool *p, const char *sha256)
{
	char head[5] = { sha256[0], sha256[1], sha256[2], sha256[3], '\0' };

	return &p->looks[strtoul(head, NULL, 16) % LOOKS];
}

/* Copies are made of the bytes: with them every picture is decoded. */
static bool
is_known_look(struct pool *p, struct photo *ph)
{
	struct look *k = look_at(p, ph->sha256);
	bool known;

	pthread_mutex_lock(&p->lock);
	known = ph->ncopies == 0 && strcmp(k->sha256, ph->sha256) == 0;
	if (known)
		ph->image = k->image;
	pthread_mutex_unlock(&p->lock);
	return known;
}

static void
keep_look(struct pool *p, const struct photo *ph)
{
	struct look *k = look_at(p, ph->sha256);

	pthread_mutex_lock(&p->lock);
	memcpy(k->sha256, ph->sha256, SHA_HEX);
	k->image = ph->image;
	pthread_mutex_unlock(&p->lock);
}

/* NULL: all is well; else the reason why not */
static const char *
look(struct pool *p, struct photo *ph)
{
	const struct image_limits l = { p->o->max_pixels,
		(size_t)p->o->max_memory, take_memory, give_memory, p };
	const char *why;

	if (is_known_look(p, ph))
		return NULL;
	why = image_decode(buf_slice(&ph->body), &l, &ph->image, ph->copies,
	    ph->ncopies);
	if (why == NULL)
		keep_look(p, ph);
	return why;
}

static void
decode(struct pool *p, struct photo *ph)
{
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
	why = look(p, ph);
	if (why != NULL) {
		photo_reason(ph,
		    strcmp(why, "truncated") == 0 ? "failed" : "unfit", why);
		return;
	}
	ph->decoded = true;
	ph->outcome = "hashed";
	name_files(p, ph);
}

/* With the lock: does a storer have enough, or all that will come so soon? */
static bool
is_batch(const struct pool *p)
{
	return p->keep.n >= BATCH || p->kept >= BATCH_BYTES || p->ending ||
	    p->store->to.mount || p->decode.n + (size_t)p->decoding == 0;
}

static void
hand_on(struct pool *p, struct photo *ph)
{
	bool keeps = ph->decoded && p->store != NULL;

	pthread_mutex_lock(&p->lock);
	p->decoding--;
	photos_add(keeps ? &p->keep : &p->done, ph);
	if (keeps)
		p->kept += ph->body.len;
	/* the first one starts the storer's clock */
	if (p->keep.n > 0 && (is_batch(p) || (keeps && p->keep.n == 1)))
		pthread_cond_signal(&p->store_due);
	pthread_mutex_unlock(&p->lock);
	if (!keeps)
		wake(p);
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
		p->decoding += ph != NULL;
		pthread_mutex_unlock(&p->lock);
		if (ph == NULL)
			return NULL;
		decode(p, ph);
		hand_on(p, ph);
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
				ph->copies[i].jpeg.data, ph->copies[i].jpeg.len,
				false };
	items[n++] =
	    (struct store_item){ ph->path, ph->body.data, ph->body.len, false };
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
	pthread_mutex_lock(&p->lock);
	for (i = 0; i < n; i++) {
		batch[i]->failed = status;
		batch[i]->outcome = items[last[i]].known ? "known" : "stored";
		photos_add(&p->done, batch[i]);
	}
	pthread_mutex_unlock(&p->lock);
	wake(p);
}

/* With the lock: what waits for a storer, when there is enough; 0: the end. */
static int
take_batch(struct pool *p, struct photo **batch)
{
	int n, most = p->store->to.mount ? 1 : BATCH;
	struct timespec until;

	while (p->keep.n == 0 && !p->ending)
		pthread_cond_wait(&p->store_due, &p->lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += BATCH_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (!is_batch(p) &&
	    pthread_cond_timedwait(&p->store_due, &p->lock, &until) == 0)
		;
	for (n = 0; n < most && p->keep.n > 0; n++) {
		batch[n] = photos_take(&p->keep);
		p->kept -= batch[n]->body.len;
	}
	return n;
}

static void *
storer(void *arg)
{
	struct pool *p = arg;
	struct photo *batch[BATCH];
	int n;

	for (;;) {
		pthread_mutex_lock(&p->lock);
		n = take_batch(p, batch);
		pthread_mutex_unlock(&p->lock);
		if (n > 0)
			keep(p, batch, n);
		else if (p->ending)
			return NULL;
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
	pthread_condattr_t monotonic;
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
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->store_due, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_cond_init(&p->room, NULL);
	p->looks = xcalloc(LOOKS, sizeof *p->looks);
	p->threads = xcalloc((size_t)(decoders + storers), sizeof *p->threads);
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
	free(p->looks);
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

size_t
pool_waiting(struct pool *p)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->decode.n;
	pthread_mutex_unlock(&p->lock);
	return n;
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
