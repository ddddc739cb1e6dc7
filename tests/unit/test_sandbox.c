#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/sandbox.h"

enum { DONE = 0, REFUSED = 1, NO_LANDLOCK = 76, BROKEN = 77 };

static char folder[] = "/tmp/dnsblame-sandbox.XXXXXX";
static char inside[64], outside[64];

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(inside, sizeof(inside), "%s/in/file", folder);
    snprintf(outside, sizeof(outside), "%s/out", folder);
    inside[strlen(inside) - strlen("/file")] = '\0';
    assert_int_equal(mkdir(inside, 0700), 0);
    inside[strlen(inside)] = '/';
    close(open(outside, O_CREAT | O_WRONLY, 0600));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(inside);
    *strrchr(inside, '/') = '\0';
    rmdir(inside);
    unlink(outside);
    rmdir(folder);
    return 0;
}

/* What becomes of an attempt within the sandbox: in a process of its own, as there is no way out.
 */
static int attempt(int (*action)(void), bool needs_landlock)
{
    char in[64];
    const struct sandbox_options options = {.folder = in};
    bool restricts_files;
    int status;
    pid_t child;

    snprintf(in, sizeof(in), "%s/in", folder);
    child = fork();
    if (child == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            sandbox_enter(&options, &restricts_files, NULL) < 0)
            _exit(BROKEN);
        if (needs_landlock && !restricts_files)
            _exit(NO_LANDLOCK);
        _exit(action() < 0 ? REFUSED : DONE);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), BROKEN);
    return WEXITSTATUS(status);
}

static void assert_refused(int (*action)(void), bool needs_landlock)
{
    int outcome = attempt(action, needs_landlock);

    if (outcome == NO_LANDLOCK)
        skip();
    assert_int_equal(outcome, REFUSED);
}

static int open_elsewhere(void)
{
    return open(outside, O_RDONLY);
}

static int write_elsewhere(void)
{
    return open(outside, O_WRONLY);
}

static int make_elsewhere(void)
{
    char path[80];

    snprintf(path, sizeof(path), "%s.new", outside);
    return open(path, O_CREAT | O_WRONLY, 0600);
}

static int remove_elsewhere(void)
{
    return unlink(outside);
}

static int read_passwords(void)
{
    return open("/etc/passwd", O_RDONLY);
}

static void files_elsewhere_are_out_of_reach(void **state)
{
    (void)state;
    assert_int_equal(access(outside, R_OK), 0);
    assert_refused(open_elsewhere, true);
    assert_refused(write_elsewhere, true);
    assert_refused(make_elsewhere, true);
    assert_refused(remove_elsewhere, true);
    assert_refused(read_passwords, true);
    assert_int_equal(access(outside, R_OK), 0);
}

static int use_own_file(void)
{
    int descriptor = open(inside, O_CREAT | O_RDWR, 0600);

    if (descriptor < 0 || write(descriptor, "x", 1) != 1 || fdatasync(descriptor) < 0 ||
        ftruncate(descriptor, 0) < 0)
        return -1;
    return unlink(inside);
}

static void files_of_the_database_can_be_made_written_and_removed(void **state)
{
    (void)state;
    assert_int_equal(attempt(use_own_file, false), DONE);
}

static int execute(void)
{
    return execl("/bin/true", "true", NULL);
}

static int make_process(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    return child < 0 ? -1 : 0;
}

static void no_program_runs_and_no_process_is_made(void **state)
{
    (void)state;
    assert_refused(execute, false);
    assert_refused(make_process, false);
}

static int connected = -1;

static int make_socket(void)
{
    return socket(AF_INET, SOCK_DGRAM, 0);
}

static int connect_socket(void)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr = {htonl(INADDR_LOOPBACK)}};

    return connect(connected, (const struct sockaddr *)&address, sizeof(address));
}

static void no_connection_is_made(void **state)
{
    (void)state;
    connected = make_socket();
    assert_true(connected >= 0);
    assert_refused(make_socket, false);
    assert_refused(connect_socket, false);
    assert_int_equal(connect_socket(), 0);
    close(connected);
}

static int trace(void)
{
    return setuid(0) == 0 || kill(getppid(), 0) == 0 ? 0 : -1;
}

static void nobody_else_is_touched(void **state)
{
    (void)state;
    assert_refused(trace, false);
}

static void *do_nothing(void *context)
{
    return context;
}

static int run_thread(void)
{
    pthread_t thread;

    return pthread_create(&thread, NULL, do_nothing, NULL) == 0 && pthread_join(thread, NULL) == 0
               ? 0
               : -1;
}

static void threads_can_be_started(void **state)
{
    (void)state;
    assert_int_equal(attempt(run_thread, false), DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_elsewhere_are_out_of_reach),
        cmocka_unit_test(files_of_the_database_can_be_made_written_and_removed),
        cmocka_unit_test(no_program_runs_and_no_process_is_made),
        cmocka_unit_test(no_connection_is_made),
        cmocka_unit_test(nobody_else_is_touched),
        cmocka_unit_test(threads_can_be_started),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
