#ifndef ATELIER_CLMDB_H
#define ATELIER_CLMDB_H

#include <lmdb.h>
#include <sys/types.h>

// Linux's fallocate, which the C library declares for GNU sources only.
extern int fallocate(int descriptor, int mode, off_t offset, off_t length);

// Asks for memory ahead of its use; of memory that is not there, nothing happens.
static inline void atelier_prefetch(const void *memory, size_t size) {
    for (size_t offset = 0; offset < size; offset += 64) __builtin_prefetch((const char *)memory + offset, 0, 3);
}

#endif
