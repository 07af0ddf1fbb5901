/*
 * resolve: the other half of fail.so: with FAIL_RESOLVE=hang a name is looked
 * up for ever, as by a server of names that does not answer.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

typedef int look_up(const char *, const char *, const struct addrinfo *,
    struct addrinfo **);

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **found)
{
	look_up *real = (look_up *)dlsym(RTLD_NEXT, "getaddrinfo");

	while (getenv("FAIL_RESOLVE") != NULL)
		pause();
	return real(node, service, hints, found);
}
