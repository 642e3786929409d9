#define _GNU_SOURCE
#include "CHubShim.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

int64_t corhub_boottime_nanoseconds(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) {
        return -(int64_t)errno;
    }
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t corhub_processor_nanoseconds(void) {
    struct timespec time;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) return 0;
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
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

struct build_id {
    uint8_t *buffer;
    size_t capacity;
    size_t length;
};

// A note is a header, its name and its content, the last two padded to 4 bytes: elf(5), ElfN_Nhdr.
static size_t padded(size_t length) {
    return (length + 3) & ~(size_t)3;
}

static int find_build_id(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size;
    struct build_id *found = context;
    for (size_t index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        if (segment->p_type != PT_NOTE) {
            continue;
        }
        const uint8_t *notes = (const uint8_t *)(object->dlpi_addr + segment->p_vaddr);
        size_t left = segment->p_memsz;
        ElfW(Nhdr) note;
        while (left >= sizeof note) {
            memcpy(&note, notes, sizeof note);
            size_t name = padded(note.n_namesz), content = padded(note.n_descsz);
            if (name > left - sizeof note || content > left - sizeof note - name) {
                break;
            }
            const uint8_t *text = notes + sizeof note;
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(text, "GNU", 4) == 0) {
                if (note.n_descsz <= found->capacity) {
                    memcpy(found->buffer, text + name, note.n_descsz);
                    found->length = note.n_descsz;
                }
                return 1;
            }
            notes += sizeof note + name + content;
            left -= sizeof note + name + content;
        }
    }
    return 1;  // The first object is the program itself; libraries have ids of their own.
}

size_t corhub_build_id(uint8_t *buffer, size_t capacity) {
    struct build_id found = {.buffer = buffer, .capacity = capacity, .length = 0};
    dl_iterate_phdr(find_build_id, &found);
    return found.length;
}

static int closed(int descriptor) {
    if (descriptor < 0) {
        return -errno;
    }
    close(descriptor);
    return 0;
}

int corhub_try_new_privileges(void) {
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -EPERM : 0;
}

int corhub_try_personality(void) {
    return personality(0xffffffff) < 0 ? -errno : 0;
}

int corhub_try_executable_memory(void) {
    size_t length = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, length, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return -errno;
    }
    munmap(page, length);
    return 0;
}

int corhub_try_packet_socket(void) {
    // No socket has this type: a filter sees the family and refuses with its own error, a kernel without one sees the type.
    // A real packet socket would wait for the kernel's readers when it is closed (13 ms of the start), and be refused to
    // whoever has no CAP_NET_RAW, filter or not.
    int no_type = 15;
    if (socket(AF_PACKET, no_type, 0) < 0) {
        return errno == EINVAL ? 0 : -errno;
    }
    return 0;
}

int corhub_try_unnamed_file(const char *folder) {
    // Nothing is left to try, and no disk need be asked, where the kernel says that it would do it.
    if (access(folder, W_OK) == 0) return 0;
    return closed(open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

void corhub_share_one_heap(void) {
    mallopt(M_ARENA_MAX, 1);
}

int corhub_name_thread(const char *name) {
    return -pthread_setname_np(pthread_self(), name);
}
