#include <mongoc/mongoc.h>

/* Swift sees bson_t as opaque, because it is aligned more strictly than Swift's own types can be. Whoever provides the
   storage for one needs its size and alignment. */
static const size_t atelier_bson_size = sizeof(bson_t);
static const size_t atelier_bson_alignment = _Alignof(bson_t);
