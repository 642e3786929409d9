#define _GNU_SOURCE
#include "CHubShim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <time.h>

int64_t corhub_boottime_nanoseconds(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) {
        return -(int64_t)errno;
    }
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t corhub_realtime_milliseconds(void) {
    struct timespec now;
    // CLOCK_REALTIME always exists and the address is ours, so clock_gettime cannot fail.
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int corhub_clock_is_synchronised(void) {
    struct timex request = {.modes = 0};
    int state = adjtimex(&request);
    if (state < 0) {
        return -errno;
    }
    return state != TIME_ERROR && (request.status & STA_UNSYNC) == 0;
}

int corhub_peer_credentials(int socket, struct corhub_peer_credentials *credentials) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        return -errno;
    }
    credentials->process = peer.pid;
    credentials->user = peer.uid;
    credentials->group = peer.gid;
    return 0;
}

int corhub_random(void *buffer, size_t length) {
    uint8_t *next = buffer;
    while (length > 0) {
        ssize_t count = getrandom(next, length, 0);
        if (count < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -errno;
        }
        next += count;
        length -= (size_t)count;
    }
    return 0;
}

int corhub_rename_exclusive(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ? 0 : -errno;
}
