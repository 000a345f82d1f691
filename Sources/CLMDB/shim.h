#ifndef ATELIER_CLMDB_H
#define ATELIER_CLMDB_H

#include <lmdb.h>
#include <sys/types.h>

// Linux's fallocate, which the C library declares for GNU sources only.
extern int fallocate(int descriptor, int mode, off_t offset, off_t length);

#endif
