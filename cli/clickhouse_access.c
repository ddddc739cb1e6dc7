#include "cli/clickhouse_access.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "cli/command.h"

struct credentials {
    char user[256], password[512]; /* "": none */
};

static int take_line(struct credentials *credentials, char *line)
{
    static const char *const keys[] = {"user", "password"};
    char *values[] = {credentials->user, credentials->password};
    const size_t sizes[] = {sizeof(credentials->user), sizeof(credentials->password)};
    char *value = strchr(line, '=');
    size_t length;

    line[strcspn(line, "\r\n")] = '\0';
    line += strspn(line, " \t");
    if (*line == '\0' || *line == '#')
        return 0;
    if (value == NULL)
        return -1;
    length = strcspn(line, " \t=");
    value++;
    value += strspn(value, " \t");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strlen(keys[i]) != length || strncmp(line, keys[i], length) != 0)
            continue;
        return snprintf(values[i], sizes[i], "%s", value) < (int)sizes[i] ? 0 : -1;
    }
    return -1;
}

static int read_credentials(struct credentials *credentials, const char *path, struct error *error)
{
    FILE *file = fopen(path, "re");
    unsigned number = 0;
    int status = 0;
    char line[1024];
    struct stat about;

    if (file == NULL)
        return error_set(error, "%s: %s", path, strerror(errno));
    if (fstat(fileno(file), &about) < 0)
        status = error_set(error, "%s: %s", path, strerror(errno));
    else if ((about.st_mode & (S_IROTH | S_IWOTH)) != 0)
        status =
            error_set(error, "%s: everybody may read it or write to it: 'chmod o= %s'", path, path);
    while (status == 0 && fgets(line, sizeof(line), file) != NULL) {
        number++;
        if (take_line(credentials, line) < 0)
            status = error_set(error, "%s: line %u: neither 'user = NAME' nor 'password = TEXT'",
                               path, number);
    }
    if (status == 0 && ferror(file))
        status = error_set(error, "%s: %s", path, strerror(errno));
    fclose(file);
    explicit_bzero(line, sizeof(line));
    return status;
}

static const char *unless_empty(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

struct clickhouse *clickhouse_access(const struct options *options, const char *url,
                                     int64_t timeout_ns, const volatile sig_atomic_t *stop,
                                     struct error *error)
{
    struct credentials credentials = {.user = ""};
    struct clickhouse_options access = {
        .url = url,
        .user = unless_empty(getenv("CLICKHOUSE_USER")),
        .password = unless_empty(getenv("CLICKHOUSE_PASSWORD")),
        .ca_file = options->ca_file,
        .timeout_ns = timeout_ns,
        .stop = stop,
    };
    struct clickhouse *clickhouse;

    if (options->credentials != NULL) {
        if (read_credentials(&credentials, options->credentials, error) < 0)
            return NULL;
        access.user = unless_empty(credentials.user);
        access.password = unless_empty(credentials.password);
    }
    clickhouse = clickhouse_new(&access, error);
    explicit_bzero(&credentials, sizeof(credentials));
    if (clickhouse != NULL && clickhouse_exposes_password(clickhouse))
        remark(LOG_WARNING, "%s: the password travels in the clear: https:// would hide it",
               clickhouse_name(clickhouse));
    return clickhouse;
}
