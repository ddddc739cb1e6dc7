/* A question and the messages that are to answer it, judged as a validator does. The input: the
 * time in seconds in four octets, the type in two, then the question's name and the messages, each
 * behind two octets of length. All messages are in the keyring, too. */
#include "correlate/dnssec.h"
#include "fuzz.h"

#define MESSAGES_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dnssec_message messages[MESSAGES_MAX];
    struct name zones[MESSAGES_MAX] = {{0}};
    struct dnssec_question question = {.messages = messages, .zones = zones};
    struct dnssec_verdict verdict;
    struct fuzz_input input = {data, size};
    struct keyring *keyring = keyring_new(1 << 20);
    int64_t seconds = (int64_t)fuzz_u16(&input) << 16;
    size_t length;
    const uint8_t *bytes;

    if (keyring == NULL)
        abort();
    fuzz_fix_hashes();
    question.time_ns = (seconds | fuzz_u16(&input)) * 1000000000;
    question.type = fuzz_u16(&input);
    length = fuzz_u16(&input);
    bytes = fuzz_take(&input, &length);
    question.name.size_bytes = (uint8_t)name_measure(bytes, length);
    if (question.name.size_bytes == 0)
        question.name = (struct name){1, {0}};
    else
        name_lower(question.name.bytes, bytes, question.name.size_bytes);
    while (input.left > 0 && question.message_count < MESSAGES_MAX) {
        length = fuzz_u16(&input);
        bytes = fuzz_take(&input, &length);
        messages[question.message_count++] =
            (struct dnssec_message){fuzz_copy(bytes, length), length, question.time_ns};
        keyring_see(keyring, 0, bytes, length, question.time_ns);
    }
    question.keyring = size % 2 ? keyring : NULL;
    dnssec_judge(&question, &verdict);
    if (memchr(verdict.text, '\0', sizeof(verdict.text)) == NULL)
        abort();
    for (size_t i = 0; i < question.message_count; i++)
        free((void *)(uintptr_t)messages[i].wire);
    keyring_free(keyring);
    return 0;
}
