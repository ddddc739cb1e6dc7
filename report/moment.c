#include "report/moment.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define NS_PER_SECOND INT64_C(1000000000)

/* Seconds, rounded down also before 1970, and the nanoseconds above them. */
static time_t split(int64_t time_ns, int64_t *rest_ns)
{
    int64_t seconds = time_ns / NS_PER_SECOND;

    *rest_ns = time_ns % NS_PER_SECOND;
    if (*rest_ns < 0) {
        *rest_ns += NS_PER_SECOND;
        seconds--;
    }
    return (time_t)seconds;
}

const char *moment_to_rfc3339(int64_t time_ns, char text[MOMENT_TEXT_SIZE])
{
    int64_t rest_ns;
    time_t seconds = split(time_ns, &rest_ns);
    struct tm utc;
    size_t length;

    gmtime_r(&seconds, &utc);
    length = strftime(text, MOMENT_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + length, MOMENT_TEXT_SIZE - length, ".%09dZ", (int)rest_ns);
    return text;
}

const char *moment_to_short_rfc3339(int64_t time_ns, char text[MOMENT_TEXT_SIZE])
{
    moment_to_rfc3339(time_ns, text);
    if (time_ns % NS_PER_SECOND == 0)
        strcpy(strchr(text, '.'), "Z");
    return text;
}

const char *moment_to_text(int64_t time_ns, char text[MOMENT_TEXT_SIZE])
{
    int64_t rest_ns;
    time_t seconds = split(time_ns, &rest_ns);
    struct tm local;
    size_t length;

    localtime_r(&seconds, &local);
    length = strftime(text, MOMENT_TEXT_SIZE, "%Y-%m-%d %H:%M:%S", &local);
    snprintf(text + length, MOMENT_TEXT_SIZE - length, ".%03d", (int)(rest_ns / 1000000));
    return text;
}

static struct tm local_time(int64_t time_ns)
{
    int64_t rest_ns;
    time_t seconds = split(time_ns, &rest_ns);
    struct tm local;

    localtime_r(&seconds, &local);
    return local;
}

const char *moment_to_second(int64_t time_ns, char text[MOMENT_TEXT_SIZE])
{
    struct tm local = local_time(time_ns);

    strftime(text, MOMENT_TEXT_SIZE, "%Y-%m-%d %H:%M:%S %Z", &local);
    return text;
}

const char *moment_zone(int64_t time_ns, char text[MOMENT_TEXT_SIZE])
{
    struct tm local = local_time(time_ns);

    strftime(text, MOMENT_TEXT_SIZE, "%Z", &local);
    return text;
}

const char *duration_to_text(int64_t duration_ns, char text[MOMENT_TEXT_SIZE])
{
    double seconds = (double)duration_ns / 1e9;
    int64_t minutes = duration_ns / NS_PER_SECOND / 60;

    if (duration_ns < 1000000)
        snprintf(text, MOMENT_TEXT_SIZE, "%d us", (int)(duration_ns / 1000));
    else if (seconds < 1)
        snprintf(text, MOMENT_TEXT_SIZE, "%.1f ms", seconds * 1e3);
    else if (seconds < 120)
        snprintf(text, MOMENT_TEXT_SIZE, "%.2f s", seconds);
    else if (minutes < 120)
        snprintf(text, MOMENT_TEXT_SIZE, "%d min", (int)minutes);
    else if (minutes < 48 * 60)
        snprintf(text, MOMENT_TEXT_SIZE, "%d h %02d min", (int)(minutes / 60), (int)(minutes % 60));
    else
        snprintf(text, MOMENT_TEXT_SIZE, "%d d %d h", (int)(minutes / 1440),
                 (int)(minutes % 1440 / 60));
    return text;
}

/* Takes exactly `digits` digits. */
static bool take_number(const char **at, unsigned digits, int *value)
{
    *value = 0;
    for (; digits > 0; digits--, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool take(const char **at, char wanted)
{
    if (**at != wanted)
        return false;
    (*at)++;
    return true;
}

static bool take_date(const char **at, struct tm *tm)
{
    if (!take_number(at, 4, &tm->tm_year) || !take(at, '-') || !take_number(at, 2, &tm->tm_mon) ||
        !take(at, '-') || !take_number(at, 2, &tm->tm_mday))
        return false;
    if (tm->tm_year < 1970 || tm->tm_year > 2261 || tm->tm_mon < 1 || tm->tm_mon > 12 ||
        tm->tm_mday < 1 || tm->tm_mday > 31)
        return false;
    tm->tm_year -= 1900;
    tm->tm_mon--;
    tm->tm_isdst = -1;
    return true;
}

static bool take_clock(const char **at, struct tm *tm, int64_t *rest_ns)
{
    int64_t unit_ns = NS_PER_SECOND;

    if (!take_number(at, 2, &tm->tm_hour) || !take(at, ':') || !take_number(at, 2, &tm->tm_min))
        return false;
    if (take(at, ':') && !take_number(at, 2, &tm->tm_sec))
        return false;
    if (take(at, '.')) {
        for (; isdigit((unsigned char)**at); (*at)++) {
            unit_ns /= 10;
            *rest_ns += (**at - '0') * unit_ns;
        }
    }
    return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 61;
}

/* "Z", "+hh:mm" or nothing: then it is local time. */
static bool take_offset(const char **at, bool *local, int *offset_s)
{
    int hours, minutes, sign;

    *local = **at == '\0';
    if (*local || take(at, 'Z') || take(at, 'z'))
        return true;
    sign = **at == '-' ? -1 : 1;
    if (!take(at, '+') && !take(at, '-'))
        return false;
    if (!take_number(at, 2, &hours) || !take(at, ':') || !take_number(at, 2, &minutes))
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return hours < 24 && minutes < 60;
}

static int days_in_month(const struct tm *tm)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = tm->tm_year + 1900;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[tm->tm_mon] + (tm->tm_mon == 1 && leap);
}

int moment_parse(const char *text, int64_t *time_ns)
{
    struct tm tm = {0};
    int64_t rest_ns = 0, seconds;
    bool local = true;
    int offset_s = 0;

    if (!take_date(&text, &tm))
        return -1;
    if (*text != '\0') {
        if (!take(&text, 'T') && !take(&text, 't') && !take(&text, ' '))
            return -1;
        if (!take_clock(&text, &tm, &rest_ns) || !take_offset(&text, &local, &offset_s) ||
            *text != '\0')
            return -1;
    }
    if (tm.tm_mday > days_in_month(&tm))
        return -1;
    seconds = local ? mktime(&tm) : timegm(&tm) - offset_s;
    *time_ns = seconds * NS_PER_SECOND + rest_ns;
    return 0;
}

int moment_parse_clock(const char *text, int64_t now_ns, int64_t *time_ns)
{
    struct tm tm = local_time(now_ns);
    int64_t rest_ns = 0;

    tm.tm_sec = 0;
    tm.tm_isdst = -1;
    if (!take_clock(&text, &tm, &rest_ns) || *text != '\0')
        return -1;
    *time_ns = mktime(&tm) * NS_PER_SECOND + rest_ns;
    return 0;
}

int moment_parse_day(const char *text, int64_t now_ns, int64_t *from_ns, int64_t *to_ns)
{
    bool yesterday = strcasecmp(text, "yesterday") == 0;
    int64_t rest_ns;
    time_t seconds = split(now_ns, &rest_ns);
    struct tm day;

    if (!yesterday && strcasecmp(text, "today") != 0) {
        if (strlen(text) != strlen("YYYY-MM-DD") || moment_parse(text, from_ns) < 0)
            return -1;
        seconds = (time_t)(*from_ns / NS_PER_SECOND);
    }
    localtime_r(&seconds, &day);
    day.tm_mday -= yesterday;
    day.tm_hour = day.tm_min = day.tm_sec = 0;
    day.tm_isdst = -1;
    *from_ns = mktime(&day) * NS_PER_SECOND;
    /* Days of 23 and 25 hours: midnight is asked for, not added. */
    day.tm_mday++;
    day.tm_hour = day.tm_min = day.tm_sec = 0;
    day.tm_isdst = -1;
    *to_ns = mktime(&day) * NS_PER_SECOND;
    return 0;
}
