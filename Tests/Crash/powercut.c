// Preloaded into a program, this plays a disk that loses what was not synced, at the Nth call that changes a watched file.
//
//   CRASH_FOLDER   files below it are watched
//   CRASH_AT       the number of the call, from 1; 0 only counts
//   CRASH_MODE     kill: power fails before the call: everything unsynced is undone and the process ends
//                  eio, enospc, erofs: the call fails, and with a sync what it should have kept is gone; where the program
//                  goes on all the same, power fails a hundred calls later
//                  none: nothing happens but what CRASH_CONTROL says, and syncs are the system's
//   CRASH_CONTROL  syncs of files whose names end so are skipped: "-wal" is what synchronous=NORMAL does
//   CRASH_COUNT    a file that gets the number of calls when the process ends by itself
//
// Names are taken for durable at once: creating, renaming and unlinking are points, but are not undone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct undo {
    struct undo *next;
    ino_t file;
    int descriptor;  // of our own, so that a closed file can still be put back
    off_t offset;
    off_t size;
    size_t length;
    char bytes[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct undo *newest;
static long point, target;
static const char *folder, *mode;
static const char *unsynced;
static int is_plain;
static ssize_t (*system_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*system_write)(int, const void *, size_t);
static int (*system_truncate)(int, off_t), (*system_fsync)(int), (*system_fdatasync)(int);
static int (*system_rename)(const char *, const char *), (*system_unlink)(const char *);
static int (*system_renameat2)(int, const char *, int, const char *, unsigned);

__attribute__((constructor)) static void begin(void) {
    folder = getenv("CRASH_FOLDER");
    mode = getenv("CRASH_MODE");
    target = getenv("CRASH_AT") ? atol(getenv("CRASH_AT")) : 0;
    unsynced = getenv("CRASH_CONTROL");
    is_plain = mode && strcmp(mode, "none") == 0;
    system_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    system_write = dlsym(RTLD_NEXT, "write");
    system_truncate = dlsym(RTLD_NEXT, "ftruncate64");
    system_fsync = dlsym(RTLD_NEXT, "fsync");
    system_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    system_rename = dlsym(RTLD_NEXT, "rename");
    system_renameat2 = dlsym(RTLD_NEXT, "renameat2");
    system_unlink = dlsym(RTLD_NEXT, "unlink");
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("CRASH_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", point);
        fclose(file);
    }
}

static int is_watched(const char *path) {
    return folder && mode && strncmp(path, folder, strlen(folder)) == 0;
}

static int path_of(int descriptor, char path[PATH_MAX]) {
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(name, path, PATH_MAX - 1);
    if (length < 0) {
        return 0;
    }
    path[length] = 0;
    return is_watched(path);
}

static void put_back(const struct undo *undo) {
    if (undo->length > 0) {
        system_pwrite(undo->descriptor, undo->bytes, undo->length, undo->offset);
    }
    system_truncate(undo->descriptor, undo->size);
}

/// Undoes or forgets what was written to one file, or to all of them, since the last sync; newest first.
static void settle(ino_t file, int is_all, int is_undone) {
    struct undo **link = &newest;
    while (*link) {
        struct undo *undo = *link;
        if (!is_all && undo->file != file) {
            link = &undo->next;
            continue;
        }
        if (is_undone) {
            put_back(undo);
        }
        *link = undo->next;
        close(undo->descriptor);
        free(undo);
    }
}

static void remember(int descriptor, off_t offset, size_t length) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        return;
    }
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    struct undo *undo = malloc(sizeof *undo + length);
    *undo = (struct undo){.next = newest, .file = status.st_ino, .descriptor = open(name, O_RDWR | O_CLOEXEC),
                          .offset = offset, .size = status.st_size};
    ssize_t kept = pread(undo->descriptor, undo->bytes, length, offset);
    undo->length = kept > 0 ? (size_t)kept : 0;
    newest = undo;
}

/// Counts a point. Returns the errno that the call is to fail with, or 0.
static int arrive(void) {
    point++;
    int is_kill = strcmp(mode, "kill") == 0;
    if (target > 0 && point == target + (is_kill ? 0 : 100)) {
        settle(0, 1, 1);
        raise(SIGKILL);
    }
    if (point != target) {
        return 0;
    }
    return strcmp(mode, "enospc") == 0 ? ENOSPC : strcmp(mode, "erofs") == 0 ? EROFS : EIO;
}

static ssize_t changing(int descriptor, const void *bytes, size_t length, off_t offset, int is_positioned) {
    char path[PATH_MAX];
    if (is_plain || !path_of(descriptor, path)) {
        return is_positioned ? system_pwrite(descriptor, bytes, length, offset) : system_write(descriptor, bytes, length);
    }
    pthread_mutex_lock(&lock);
    int failure = arrive();
    ssize_t result = -1;
    if (!failure) {
        remember(descriptor, is_positioned ? offset : lseek(descriptor, 0, SEEK_CUR), length);
        result = is_positioned ? system_pwrite(descriptor, bytes, length, offset) : system_write(descriptor, bytes, length);
        failure = errno;
    }
    pthread_mutex_unlock(&lock);
    errno = failure;
    return result;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off_t offset) {
    return changing(descriptor, bytes, length, offset, 1);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    return changing(descriptor, bytes, length, offset, 1);
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    return changing(descriptor, bytes, length, 0, 0);
}

int ftruncate64(int descriptor, off_t size) {
    char path[PATH_MAX];
    if (is_plain || !path_of(descriptor, path)) {
        return system_truncate(descriptor, size);
    }
    pthread_mutex_lock(&lock);
    struct stat status;
    int failure = arrive(), result = -1;
    if (!failure) {
        size_t cut = fstat(descriptor, &status) == 0 && status.st_size > size ? (size_t)(status.st_size - size) : 0;
        remember(descriptor, size, cut);
        result = system_truncate(descriptor, size);
        failure = errno;
    }
    pthread_mutex_unlock(&lock);
    errno = failure;
    return result;
}

int ftruncate(int descriptor, off_t size) {
    return ftruncate64(descriptor, size);
}

static int syncing(int descriptor, int (*system)(int)) {
    char path[PATH_MAX];
    if (!path_of(descriptor, path)) {
        return system(descriptor);
    }
    size_t length = strlen(path), end = unsynced ? strlen(unsynced) : 0;
    if (unsynced && length > end && strcmp(path + length - end, unsynced) == 0) {
        return 0;
    }
    if (is_plain) {
        return system(descriptor);
    }
    pthread_mutex_lock(&lock);
    struct stat status;
    int failure = arrive(), result = -1;
    if (fstat(descriptor, &status) == 0) {
        settle(status.st_ino, 0, failure != 0);
    }
    if (!failure) {
        result = 0;  // What the disk keeps is what this file says; waiting for the real one would only take time.
    }
    pthread_mutex_unlock(&lock);
    errno = failure;
    return result;
}

int fsync(int descriptor) {
    return syncing(descriptor, system_fsync);
}

int fdatasync(int descriptor) {
    return syncing(descriptor, system_fdatasync);
}

int rename(const char *from, const char *to) {
    if (is_plain || !is_watched(from)) {
        return system_rename(from, to);
    }
    pthread_mutex_lock(&lock);
    int failure = arrive();
    pthread_mutex_unlock(&lock);
    if (failure) {
        errno = failure;
        return -1;
    }
    return system_rename(from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    if (is_plain || !is_watched(from)) {
        return system_renameat2(from_folder, from, to_folder, to, flags);
    }
    pthread_mutex_lock(&lock);
    int failure = arrive();
    pthread_mutex_unlock(&lock);
    if (failure) {
        errno = failure;
        return -1;
    }
    return system_renameat2(from_folder, from, to_folder, to, flags);
}

int unlink(const char *path) {
    if (is_plain || !is_watched(path)) {
        return system_unlink(path);
    }
    pthread_mutex_lock(&lock);
    int failure = arrive();
    pthread_mutex_unlock(&lock);
    if (failure) {
        errno = failure;
        return -1;
    }
    return system_unlink(path);
}
