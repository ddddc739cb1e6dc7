#include "correlate/dnssec_verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "decode/codes.h"

void dnssec_verdict_set(struct dnssec_verdict *verdict, enum dnssec_status status, enum cause cause,
                        enum confidence confidence, const struct name *zone,
                        const struct reply *reply, const char *format, ...)
{
    va_list arguments;

    verdict->status = status;
    verdict->cause = cause;
    verdict->confidence = confidence;
    verdict->zone = *zone;
    verdict->unanchored = false;
    verdict->message = reply ? reply->index : -1;
    va_start(arguments, format);
    vsnprintf(verdict->text, sizeof(verdict->text), format, arguments);
    va_end(arguments);
}

enum confidence link_confidence(const struct link *link)
{
    return link->anchored ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
}

void dnssec_verdict_of_signature(struct dnssec_verdict *verdict, const struct link *link,
                                 const struct rrset *rrset, const struct signature *signature)
{
    enum confidence confidence = link_confidence(link);
    char text[SIGNATURE_TEXT_SIZE];

    if (signature->within_skew)
        confidence = CONFIDENCE_LIKELY;
    if (link->status == LINK_UNKNOWN)
        confidence = CONFIDENCE_POSSIBLE;
    dnssec_verdict_set(verdict, DNSSEC_BOGUS, signature_cause(signature), confidence,
                       &link->keys.zone, rrset->reply, "%s",
                       signature_describe(signature, rrset, text));
}

/* A record of the denial that is out of its time is just that; else the denial is not proven. */
void dnssec_verdict_of_denial(struct dnssec_verdict *verdict, const struct link *link,
                              const struct reply *reply, const struct denial_question *question,
                              const struct denial *denial)
{
    enum confidence confidence =
        denial->result == DENIAL_ITERATIONS ? CONFIDENCE_LIKELY : link_confidence(link);
    struct rrset record = {.reply = reply, .owner = denial->owner, .type = denial->type};
    char name[NAME_TEXT_SIZE], type[CODE_TEXT_SIZE];
    char denial_text[DENIAL_TEXT_SIZE], signature_text[SIGNATURE_TEXT_SIZE] = "";
    bool of_record = denial->result == DENIAL_BAD_RECORD;

    if (of_record && (denial->signature.progress == SIGNATURE_EXPIRED ||
                      denial->signature.progress == SIGNATURE_NOT_YET_VALID)) {
        dnssec_verdict_of_signature(verdict, link, &record, &denial->signature);
        return;
    }
    if (of_record)
        signature_describe(&denial->signature, &record, signature_text);
    name_to_text(question->name->bytes, question->name->size_bytes, name);
    dnssec_verdict_set(verdict, DNSSEC_BOGUS, CAUSE_DNSSEC_DENIAL_INVALID, confidence,
                       &link->keys.zone, reply, "the proof that %.120s %s %s %s%s%s", name,
                       question->claim == CLAIM_NO_TYPE ? type_to_text(question->type, type)
                                                        : "itself",
                       "does not exist", denial_describe(denial, denial_text),
                       of_record ? ": " : "", signature_text);
}
