// Builds OTLP export requests item by item: protobuf-c packs the generated messages, attributes are written directly. Reads the collector's answer.
// Texts are copied, so they need to last for the call only. Nothing here is thread-safe; one builder serves one export.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tg_otlp tg_otlp;
// Something that attributes are added to: the resource, a span, a data point, a log record.
typedef struct tg_otlp_attributes tg_otlp_attributes;

// For spans, metrics or log records, of one kind only. Resource and scope come first. What an item's functions give, and the item to
// which points, events, links and texts are added, lasts until the next item begins or the request is packed.
tg_otlp *_Nullable tg_otlp_create(void);
void tg_otlp_free(tg_otlp *_Nonnull builder);

tg_otlp_attributes *_Nonnull tg_otlp_resource(tg_otlp *_Nonnull builder);
// schema_url says which generation of the conventions names the spans and metrics.
void tg_otlp_scope(tg_otlp *_Nonnull builder, const void *_Nonnull name, size_t name_length, const void *_Nonnull version,
                   size_t version_length, const void *_Nonnull schema_url, size_t schema_url_length);

// Ids in host order; a parent of 0 is none. kind and status as in the proto.
tg_otlp_attributes *_Nonnull tg_otlp_span(tg_otlp *_Nonnull builder, uint64_t trace_high, uint64_t trace_low, uint64_t span,
                                          uint64_t parent, const void *_Nonnull name, size_t name_length, int kind,
                                          bool parent_is_remote, int64_t start, int64_t end, int status);

// An event of the span that was begun last.
tg_otlp_attributes *_Nonnull tg_otlp_event(tg_otlp *_Nonnull builder, const void *_Nonnull name, size_t name_length,
                                           int64_t time);

// A link of the span that was begun last, to another span; ids in host order.
tg_otlp_attributes *_Nonnull tg_otlp_link(tg_otlp *_Nonnull builder, uint64_t trace_high, uint64_t trace_low,
                                          uint64_t span);

// A log record; ids in host order, 0 for none. severity as in the proto.
tg_otlp_attributes *_Nonnull tg_otlp_log(tg_otlp *_Nonnull builder, int64_t time, int64_t observed, int severity,
                                         const char *_Nonnull severity_text, uint64_t trace_high, uint64_t trace_low,
                                         uint64_t span);
// The event's name and the body of the record that was begun last; an empty body is left out.
void tg_otlp_log_text(tg_otlp *_Nonnull builder, const void *_Nullable name, size_t name_length,
                      const void *_Nullable body, size_t body_length);

// Begins a metric; its points follow.
void tg_otlp_gauge(tg_otlp *_Nonnull builder, const char *_Nonnull name, const char *_Nonnull unit,
                   const char *_Nonnull description);
void tg_otlp_sum(tg_otlp *_Nonnull builder, const char *_Nonnull name, const char *_Nonnull unit,
                 const char *_Nonnull description, int temporality, bool monotonic);
void tg_otlp_histogram(tg_otlp *_Nonnull builder, const char *_Nonnull name, const char *_Nonnull unit,
                       const char *_Nonnull description, int temporality);
// A point of a gauge (start 0: none) or a sum.
tg_otlp_attributes *_Nonnull tg_otlp_number(tg_otlp *_Nonnull builder, int64_t start, int64_t time, int64_t value);
// The same with a value that is not whole.
tg_otlp_attributes *_Nonnull tg_otlp_fraction(tg_otlp *_Nonnull builder, int64_t start, int64_t time, double value);
// counts has one element more than bounds.
tg_otlp_attributes *_Nonnull tg_otlp_buckets(tg_otlp *_Nonnull builder, int64_t start, int64_t time, uint64_t count,
                                             double sum, const uint64_t *_Nonnull counts, const double *_Nonnull bounds,
                                             size_t bound_count);
// A measurement that the last buckets hold, and the span it belongs to.
void tg_otlp_exemplar(tg_otlp *_Nonnull builder, int64_t time, double value, uint64_t trace_high, uint64_t trace_low,
                      uint64_t span);

void tg_otlp_string(tg_otlp_attributes *_Nonnull to, const void *_Nonnull key, size_t key_length,
                    const void *_Nullable value, size_t value_length);
// A list of one string.
void tg_otlp_string_list(tg_otlp_attributes *_Nonnull to, const void *_Nonnull key, size_t key_length,
                         const void *_Nullable value, size_t value_length);
void tg_otlp_int(tg_otlp_attributes *_Nonnull to, const void *_Nonnull key, size_t key_length, int64_t value);
void tg_otlp_double(tg_otlp_attributes *_Nonnull to, const void *_Nonnull key, size_t key_length, double value);
void tg_otlp_bool(tg_otlp_attributes *_Nonnull to, const void *_Nonnull key, size_t key_length, bool value);

// The bytes of the request, which is complete then; they last as long as the builder.
const uint8_t *_Nonnull tg_otlp_pack(tg_otlp *_Nonnull builder, size_t *_Nonnull length);

// What a collector's answer says was rejected; 0 if nothing, -1 if the answer is no OTLP. Its words go into message, cut to fit.
int64_t tg_otlp_rejected(const uint8_t *_Nullable bytes, size_t length, char *_Nonnull message, size_t capacity);
