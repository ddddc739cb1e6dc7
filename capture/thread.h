/* Threads beside the main one, which takes all signals. */
#ifndef CAPTURE_THREAD_H
#define CAPTURE_THREAD_H

#include <pthread.h>

/* As pthread_create(), with all signals blocked in the new thread. Returns its status. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *context);

#endif
