// TOML 1.0 by toml++ (Debian: libtomlplusplus-dev), flattened to a list of leaves with their places in the file.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ctoml_document ctoml_document;

typedef enum {
    CTOML_STRING = 1,
    CTOML_INTEGER = 2,
    CTOML_FLOAT = 3,
    CTOML_BOOLEAN = 4,
    CTOML_OTHER = 5,  // dates and times, which no key of ours takes
    CTOML_EMPTY_ARRAY = 6,
    CTOML_EMPTY_TABLE = 7
} ctoml_kind;

typedef struct {
    const char *path;  // UTF-8, keys joined by '.', elements as "[0]"; lives as long as the document
    ctoml_kind kind;
    const char *string;  // for CTOML_STRING; not terminated by NUL alone, see string_length
    size_t string_length;
    int64_t integer;
    double floating;
    int boolean;
    uint32_t line;  // from 1
    uint32_t column;
} ctoml_leaf;

typedef struct {
    uint32_t line;  // from 1; 0 where it is not known
    uint32_t column;
    char message[256];
} ctoml_error;

// NULL on a syntax error, which is described in *error.
ctoml_document *ctoml_parse(const char *text, size_t length, ctoml_error *error);
size_t ctoml_leaf_count(const ctoml_document *document);
const ctoml_leaf *ctoml_leaf_at(const ctoml_document *document, size_t index);
void ctoml_free(ctoml_document *document);

#ifdef __cplusplus
}
#endif
