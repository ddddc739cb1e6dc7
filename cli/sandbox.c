#include "cli/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/prctl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Files. seccomp sees numbers, not paths: which files may be opened is Landlock's to say. */

#define FILES_ALL                                                                                  \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |   \
     LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |                                 \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)
#define FILES_OF_DATABASE                                                                          \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |  \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)

static int allow_beneath(int ruleset, const char *path, uint64_t access, bool must_be_there,
                         struct error *error)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access};
    int result = 0;

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return must_be_there ? error_set(error, "%s: %s", path, strerror(errno)) : 0;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        result = error_set(error, "%s: landlock: %s", path, strerror(errno));
    close(rule.parent_fd);
    return result;
}

static int allow_files(int ruleset, const struct sandbox_options *options, struct error *error)
{
    if (options->folder != NULL &&
        allow_beneath(ruleset, options->folder, FILES_OF_DATABASE, true, error) < 0)
        return -1;
    if (options->write != NULL &&
        allow_beneath(ruleset, options->write, LANDLOCK_ACCESS_FS_WRITE_FILE, true, error) < 0)
        return -1;
    for (size_t i = 0; i < options->read_count; i++) {
        if (allow_beneath(ruleset, options->read[i], LANDLOCK_ACCESS_FS_READ_FILE, false, error) <
            0)
            return -1;
    }
    return 0;
}

static int restrict_files(const struct sandbox_options *options, bool *restricted,
                          struct error *error)
{
    const struct landlock_ruleset_attr attributes = {.handled_access_fs = FILES_ALL};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
    int result;

    *restricted = ruleset >= 0;
    if (ruleset < 0) /* not in this kernel, or switched off */
        return errno == ENOSYS || errno == EOPNOTSUPP
                   ? 0
                   : error_set(error, "landlock: %s", strerror(errno));
    result = allow_files(ruleset, options, error);
    if (result == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        result = error_set(error, "landlock: %s", strerror(errno));
    close(ruleset);
    return result;
}

/* System calls. All others fail with EPERM, which whoever makes them can live with. */

static const int allowed[] = {
    /* what is open already */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(pwritev),
    SCMP_SYS(lseek),
    SCMP_SYS(_llseek),
    SCMP_SYS(close),
    SCMP_SYS(fcntl),
    SCMP_SYS(fcntl64),
    SCMP_SYS(flock),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(ftruncate64),
    SCMP_SYS(fallocate),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(fstatfs),
    SCMP_SYS(getdents64),
    /* the database's files; Landlock says which */
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(stat),
    SCMP_SYS(stat64),
    SCMP_SYS(lstat),
    SCMP_SYS(lstat64),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(statfs),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(mmap2),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    /* packets, the service manager, and clients of the metrics */
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(eventfd2),
    SCMP_SYS(pipe2),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recv),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(send),
    SCMP_SYS(sendmsg),
    SCMP_SYS(accept4),
    SCMP_SYS(accept),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    /* threads, signals, time */
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(membarrier),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(tgkill),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
};

/* The call with this argument only. */
static int allow_with(scmp_filter_ctx filter, int call, unsigned argument,
                      enum scmp_compare compare, uint64_t value)
{
    const struct scmp_arg_cmp condition = {
        .arg = argument, .op = compare, .datum_a = value, .datum_b = value};

    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &condition);
}

static int add_rules(scmp_filter_ctx filter)
{
    static const unsigned requests[] = {SIOCGIFFLAGS, TCGETS, TIOCGWINSZ};
    int status = 0;

    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && status == 0; i++)
        status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    /* A thread, not a process. What clone3() is to make cannot be seen; libc does without it. */
    if (status == 0)
        status = allow_with(filter, SCMP_SYS(clone), 0, SCMP_CMP_MASKED_EQ, CLONE_THREAD);
    if (status == 0)
        status = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    /* Whether an interface is up, and what a terminal is like. */
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]) && status == 0; i++)
        status = allow_with(filter, SCMP_SYS(ioctl), 1, SCMP_CMP_EQ, requests[i]);
    /* A thread's name. */
    if (status == 0)
        status = allow_with(filter, SCMP_SYS(prctl), 0, SCMP_CMP_EQ, PR_SET_NAME);
    return status;
}

static int restrict_calls(struct error *error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int status;

    if (filter == NULL)
        return error_set(error, "seccomp: out of memory");
    status = add_rules(filter);
    if (status == 0)
        status = seccomp_load(filter);
    seccomp_release(filter);
    return status == 0 ? 0 : error_set(error, "seccomp: %s", strerror(-status));
}

int sandbox_enter(const struct sandbox_options *options, bool *restricts_files, struct error *error)
{
    if (restrict_files(options, restricts_files, error) < 0)
        return -1;
    return restrict_calls(error);
}
