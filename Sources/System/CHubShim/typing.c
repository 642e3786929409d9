#define _GNU_SOURCE
#include "CHubShim.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

// In C, since only here is certain what a handler of signals touches: static memory and calls that signal-safety(7) lists.

static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
enum { signal_count = sizeof signals / sizeof *signals };

static struct sigaction before[signal_count];
static struct termios shown, hidden;
static const char *asked;

static void hide_and_ask(void) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    // What cannot be shown cannot be told either.
    ssize_t ignored = write(STDERR_FILENO, asked, strlen(asked));
    (void)ignored;
}

// With SA_NODEFER, so that what the signal does by default happens within raise(3), whichever thread this is.
static void give_back(int number) {
    int code = errno;
    struct sigaction ours, plain = {.sa_handler = SIG_DFL};
    tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    sigaction(number, &plain, &ours);
    raise(number);
    // Only a stop is come back from.
    sigaction(number, &ours, NULL);
    hide_and_ask();
    errno = code;
}

int corhub_hide_typing(const char *question) {
    if (tcgetattr(STDIN_FILENO, &shown) != 0) {
        return -errno;
    }
    hidden = shown;
    hidden.c_lflag = (hidden.c_lflag & ~(tcflag_t)ECHO) | ECHONL;
    asked = question;
    struct sigaction action = {.sa_handler = give_back, .sa_flags = SA_NODEFER | SA_RESTART};
    for (int index = 0; index < signal_count; index++) {
        sigaction(signals[index], NULL, &before[index]);
        if (before[index].sa_handler != SIG_IGN) {
            sigaction(signals[index], &action, NULL);
        }
    }
    hide_and_ask();
    return 0;
}

void corhub_show_typing(void) {
    tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    for (int index = 0; index < signal_count; index++) {
        sigaction(signals[index], &before[index], NULL);
    }
}
