/* A thread takes the signals: a handler may not print, and the main thread may be waiting for
 * input. */
#include "cli/interruption.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "capture/thread.h"
#include "cli/command.h"

static void *await(void *context)
{
    const struct interruption *interruption = context;
    int number;

    if (sigwait(&interruption->signals, &number) != 0)
        return NULL;
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr); /* there may be a line of progress */
    remark(LOG_WARNING,
           "interrupted: %s has at most a part of this; reading it again makes it complete",
           interruption->database);
    pthread_sigmask(SIG_UNBLOCK, &interruption->signals, NULL);
    raise(number);
    return NULL;
}

/* Those that somebody has chosen to ignore stay ignored. */
static void choose_signals(sigset_t *signals)
{
    static const int deadly[] = {SIGINT, SIGTERM, SIGHUP};

    sigemptyset(signals);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        struct sigaction action;

        if (sigaction(deadly[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL)
            sigaddset(signals, deadly[i]);
    }
}

int interruption_expect(struct interruption *interruption, const char *database,
                        struct error *error)
{
    int status;

    interruption->database = database;
    choose_signals(&interruption->signals);
    pthread_sigmask(SIG_BLOCK, &interruption->signals, &interruption->before);
    status = thread_start(&interruption->thread, await, interruption);
    interruption->expected = status == 0;
    if (interruption->expected)
        return 0;
    pthread_sigmask(SIG_SETMASK, &interruption->before, NULL);
    return error_set(error, "cannot start a thread: %s", strerror(status));
}

void interruption_end(struct interruption *interruption)
{
    if (!interruption->expected)
        return;
    pthread_cancel(interruption->thread);
    pthread_join(interruption->thread, NULL);
    pthread_sigmask(SIG_SETMASK, &interruption->before, NULL);
    interruption->expected = false;
}
