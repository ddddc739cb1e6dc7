/* Doubly linked lists that thread through their elements, in a ring with the list itself as the
 * end: what keeps tables in the order of age. A zeroed node is in no list. */
#ifndef DECODE_LIST_H
#define DECODE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
    struct list_node *previous, *next;
};

struct list {
    struct list_node ends;
    size_t count;
};

/* The element that `node` is the member of. */
#define LIST_ELEMENT(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *list)
{
    list->ends.previous = list->ends.next = &list->ends;
    list->count = 0;
}

/* The oldest, or NULL. */
static inline struct list_node *list_first(const struct list *list)
{
    return list->count > 0 ? list->ends.next : NULL;
}

static inline bool list_holds(const struct list_node *node)
{
    return node->next != NULL;
}

static inline void list_append(struct list *list, struct list_node *node)
{
    node->previous = list->ends.previous;
    node->next = &list->ends;
    node->previous->next = node;
    list->ends.previous = node;
    list->count++;
}

static inline void list_remove(struct list *list, struct list_node *node)
{
    node->previous->next = node->next;
    node->next->previous = node->previous;
    node->previous = node->next = NULL;
    list->count--;
}

#endif
