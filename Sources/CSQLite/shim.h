#pragma once
#include <sqlite3.h>

// Takes arguments of any number, which Swift cannot pass. Before anything else is asked of SQLite.
static inline int tollgate_sqlite_without_statistics(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

// SQLITE_TRANSIENT is a cast of -1 to a function pointer, which Swift cannot spell: SQLite copies the bytes.
static inline int tollgate_sqlite_bind_text_copy(sqlite3_stmt *statement, int index, const void *bytes, int length) {
    return sqlite3_bind_text(statement, index, (const char *)bytes, length, SQLITE_TRANSIENT);
}

static inline int tollgate_sqlite_bind_blob_copy(sqlite3_stmt *statement, int index, const void *bytes, int length) {
    return sqlite3_bind_blob(statement, index, bytes, length, SQLITE_TRANSIENT);
}
