#include "cli/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int choose_user(struct privileges *privileges, const struct passwd *user)
{
    privileges->uid = user->pw_uid;
    privileges->gid = user->pw_gid;
    snprintf(privileges->user, sizeof(privileges->user), "%s", user->pw_name);
    return 0;
}

int privileges_choose(struct privileges *privileges, const char *user, struct error *error)
{
    static const char *const usual[] = {"dnsblame", "nobody"};
    const struct passwd *entry;

    *privileges = (struct privileges){.changes_user = geteuid() == 0};
    if (user != NULL) {
        entry = getpwnam(user);
        if (entry == NULL)
            return error_set(error, "there is no user '%s'", user);
        if (!privileges->changes_user && entry->pw_uid != geteuid())
            return error_set(error, "only root can become '%s'", user);
        return choose_user(privileges, entry);
    }
    for (size_t i = 0; privileges->changes_user && i < sizeof(usual) / sizeof(usual[0]); i++) {
        if ((entry = getpwnam(usual[i])) != NULL)
            return choose_user(privileges, entry);
    }
    if (privileges->changes_user)
        return error_set(error, "there is neither a user 'dnsblame' nor 'nobody' to become");
    privileges->uid = geteuid();
    privileges->gid = getegid();
    snprintf(privileges->user, sizeof(privileges->user), "uid %ld", (long)privileges->uid);
    return 0;
}

/* The user may write to the folder: what lies there under the name may be a link of his to a file
 * that is not his. */
static int give_file(const struct privileges *privileges, const char *path, struct error *error)
{
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    int result = 0;

    if (descriptor < 0)
        return 0;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
        status.st_uid != privileges->uid &&
        fchown(descriptor, privileges->uid, privileges->gid) < 0)
        result = error_set(error, "%s: cannot be given to user '%s': %s", path, privileges->user,
                           strerror(errno));
    close(descriptor);
    return result;
}

int privileges_give_database(const struct privileges *privileges, const char *path,
                             struct error *error)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    char file[4096];

    if (!privileges->changes_user)
        return 0;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        snprintf(file, sizeof(file), "%s%s", path, endings[i]);
        if (give_file(privileges, file, error) < 0)
            return -1;
    }
    return 0;
}

static int drop_user(const struct privileges *privileges, struct error *error)
{
    if (setgroups(1, &privileges->gid) < 0 ||
        setresgid(privileges->gid, privileges->gid, privileges->gid) < 0 ||
        setresuid(privileges->uid, privileges->uid, privileges->uid) < 0)
        return error_set(error, "cannot become user '%s': %s", privileges->user, strerror(errno));
    if (privileges->uid != 0 && setuid(0) == 0)
        return error_set(error, "root could be had back");
    return 0;
}

/* The bounding set is for what is executed, which nothing will be: only root can clear it. */
static void drop_bounding_set(void)
{
    for (cap_value_t i = 0; CAP_IS_SUPPORTED(i); i++)
        cap_drop_bound(i);
}

static int drop_capabilities(struct error *error)
{
    cap_t none = cap_init();
    int status = none == NULL ? -1 : cap_set_proc(none);

    if (status < 0)
        error_set(error, "cannot drop capabilities: %s", strerror(errno));
    cap_free(none);
    return status;
}

int privileges_drop(const struct privileges *privileges, struct error *error)
{
    drop_bounding_set();
    cap_reset_ambient();
    if (privileges->changes_user && drop_user(privileges, error) < 0)
        return -1;
    if (drop_capabilities(error) < 0)
        return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return error_set(error, "no_new_privs: %s", strerror(errno));
    return 0;
}

int privileges_check_database(const struct privileges *privileges, const char *path,
                              struct error *error)
{
    char copy[4096];
    const char *folder;

    snprintf(copy, sizeof(copy), "%s", path);
    folder = dirname(copy);
    if (access(folder, F_OK) < 0)
        return error_set(error, "%s: the folder %s: %s", path, folder, strerror(errno));
    if (access(folder, W_OK | X_OK) < 0)
        return error_set(error,
                         "%s: the folder %s must be writable for user '%s', who keeps the "
                         "database (--user names another)",
                         path, folder, privileges->user);
    if (access(path, F_OK) == 0 && access(path, R_OK | W_OK) < 0)
        return error_set(error,
                         "%s: must be readable and writable for user '%s' (--user names "
                         "another)",
                         path, privileges->user);
    return 0;
}
