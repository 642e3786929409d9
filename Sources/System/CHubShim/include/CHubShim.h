// What Swift's Glibc does not import, or imports in a form that cannot be called:
// variadic system calls, struct ucred, struct timex. No logic beyond the call itself.
//
// A failure is returned as a negative errno (-EINVAL, …). No header of the system but these two: what one defines would be
// this module's for Swift, beside Glibc's.

#ifndef CORHUB_SHIM_H
#define CORHUB_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// CLOCK_BOOTTIME in nanoseconds: monotonic, and it counts time in suspend. clock_gettime(2).
int64_t corhub_boottime_nanoseconds(void);

/// Time that processors spent on this process, user and system: CLOCK_PROCESS_CPUTIME_ID.
int64_t corhub_processor_nanoseconds(void);

/// CLOCK_REALTIME in milliseconds since 1970-01-01T00:00:00Z; it cannot fail. clock_gettime(2).
int64_t corhub_realtime_milliseconds(void);

/// Whether the kernel's clock is disciplined, read without setting anything: adjtimex(2), modes = 0.
/// 1 synchronised, 0 not (STA_UNSYNC or TIME_ERROR); -EPERM where a seccomp filter forbids the call.
int corhub_clock_is_synchronised(void);

/// The process at the other end of a connected AF_UNIX socket, as the kernel knows it: SO_PEERCRED, unix(7).
struct corhub_peer_credentials {
    int32_t process;
    uint32_t user;
    uint32_t group;
};

/// Fills `credentials`. Returns 0.
int corhub_peer_credentials(int socket, struct corhub_peer_credentials *credentials);

/// Fills `buffer` with random bytes from the kernel; waits for its pool to be ready at boot. getrandom(2). Returns 0.
int corhub_random(void *buffer, size_t length);

/// rename(2) that refuses to replace: renameat2(2), RENAME_NOREPLACE. Returns 0, or -EEXIST.
int corhub_rename_exclusive(const char *from, const char *to);

/// Copies the GNU build id of the running program (note NT_GNU_BUILD_ID, as `readelf -n` shows it) to `buffer`.
/// dl_iterate_phdr(3). Returns its length in bytes: 0 where the program was linked without one, or `capacity` is less.
size_t corhub_build_id(uint8_t *buffer, size_t capacity);

// What a sandbox must refuse, tried. None does anything where it is allowed: 0 then, else a negative errno.

/// -EPERM where execve(2) can give no new privileges (PR_SET_NO_NEW_PRIVS), 0 where it can; nothing is tried.
int corhub_try_new_privileges(void);

/// Asks for the execution domain without changing it: personality(2), 0xffffffff.
int corhub_try_personality(void);

/// Maps a page that is writable and executable, and gives it back.
int corhub_try_executable_memory(void);

/// Asks for a packet socket of a type that there is not: what a filter of families refuses, and a kernel without one sees through.
int corhub_try_packet_socket(void);

/// Whether a file can be made in `folder`: access(2), and where that is denied a file without a name, which is closed again: open(2),
/// O_TMPFILE.
int corhub_try_unnamed_file(const char *folder);

/// Has all threads that begin later allocate from one heap, where glibc gives each thread its own up to eight a processor.
/// mallopt(3), M_ARENA_MAX.
void corhub_share_one_heap(void);

/// Asks on standard error, and has the terminal of standard input show nothing of what is typed but the end of the line, until
/// corhub_show_typing. Whatever ends the program meanwhile (SIGHUP, SIGINT, SIGQUIT, SIGTERM), or stops it (SIGTSTP), first gives the
/// terminal back as it was; who goes on after a stop is asked again. A signal that is ignored stays so. `question` lives until then.
/// Returns 0; -ENOTTY where standard input is no terminal, and then nothing is asked.
int corhub_hide_typing(const char *question);

/// Ends what corhub_hide_typing began.
void corhub_show_typing(void);

/// Names the calling thread, for people who look at it; at most 15 bytes count. pthread_setname_np(3). Returns 0.
int corhub_name_thread(const char *name);

#ifdef __cplusplus
}
#endif

#endif
