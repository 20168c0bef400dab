#include "COTLP.h"

#include <stdlib.h>
#include <string.h>

#include "PackedSizes.h"

typedef struct block {
    struct block *next;
    size_t used, capacity;
    _Alignas(16) uint8_t bytes[];
} block;

static void *allocate(block **arena, size_t size) {
    size = (size + 15) & ~(size_t)15;
    if (!*arena || (*arena)->capacity - (*arena)->used < size) {
        size_t capacity = size > 256 * 1024 ? size : 256 * 1024;
        block *fresh = malloc(sizeof(block) + capacity);
        if (!fresh) abort();
        *fresh = (block){.next = *arena, .capacity = capacity};
        *arena = fresh;
    }
    void *memory = (*arena)->bytes + (*arena)->used;
    (*arena)->used += size;
    return memory;
}

static char *copy_text(block **arena, const void *text, size_t length) {
    char *copy = allocate(arena, length + 1);
    if (length) memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

// A growing array of pointers as protobuf-c wants them: the old one is left in the arena.
static void append(block **arena, void ***items, size_t *count, size_t *capacity, void *item) {
    if (*count == *capacity) {
        size_t larger = *capacity ? *capacity * 2 : 32;
        void **grown = allocate(arena, larger * sizeof(void *));
        if (*count) memcpy(grown, *items, *count * sizeof(void *));
        *items = grown;
        *capacity = larger;
    }
    (*items)[(*count)++] = item;
}

// ------------------------------------------------------------------ builder

struct tg_otlp_attributes {
    block **arena;
    Otlp__KeyValue ***items;
    size_t *count;
    size_t capacity;
};

struct tg_otlp {
    block *arena;
    tg_otlp_signal signal;
    Otlp__Resource resource;
    Otlp__InstrumentationScope scope;
    Otlp__ScopeSpans scope_spans;
    Otlp__ResourceSpans resource_spans;
    Otlp__ExportTraceServiceRequest traces;
    Otlp__ScopeMetrics scope_metrics;
    Otlp__ResourceMetrics resource_metrics;
    Otlp__ExportMetricsServiceRequest measurements;
    Otlp__ScopeLogs scope_logs;
    Otlp__ResourceLogs resource_logs;
    Otlp__ExportLogsServiceRequest logs;
    void *only[6];
    size_t span_capacity, event_capacity, link_capacity, metric_capacity, point_capacity, exemplar_capacity, record_capacity;
    Otlp__Span *span;
    Otlp__Metric *metric;
    Otlp__HistogramDataPoint *buckets;
    Otlp__LogRecord *record;
    tg_otlp_attributes *resource_attributes;
};

static tg_otlp_attributes *attributes(block **arena, Otlp__KeyValue ***items, size_t *count) {
    tg_otlp_attributes *made = allocate(arena, sizeof *made);
    *made = (tg_otlp_attributes){arena, items, count, 0};
    return made;
}

tg_otlp *tg_otlp_create(tg_otlp_signal signal) {
    tg_otlp *b = calloc(1, sizeof *b);
    if (!b) return NULL;
    b->signal = signal;
    otlp__resource__init(&b->resource);
    otlp__instrumentation_scope__init(&b->scope);
    otlp__scope_spans__init(&b->scope_spans);
    otlp__resource_spans__init(&b->resource_spans);
    otlp__export_trace_service_request__init(&b->traces);
    otlp__scope_metrics__init(&b->scope_metrics);
    otlp__resource_metrics__init(&b->resource_metrics);
    otlp__export_metrics_service_request__init(&b->measurements);
    otlp__scope_logs__init(&b->scope_logs);
    otlp__resource_logs__init(&b->resource_logs);
    otlp__export_logs_service_request__init(&b->logs);
    b->scope_spans.scope = b->scope_metrics.scope = b->scope_logs.scope = &b->scope;
    b->resource_spans.resource = b->resource_metrics.resource = b->resource_logs.resource = &b->resource;
    b->only[0] = &b->scope_spans;
    b->resource_spans.scope_spans = (Otlp__ScopeSpans **)&b->only[0];
    b->resource_spans.n_scope_spans = 1;
    b->only[1] = &b->resource_spans;
    b->traces.resource_spans = (Otlp__ResourceSpans **)&b->only[1];
    b->traces.n_resource_spans = 1;
    b->only[2] = &b->scope_metrics;
    b->resource_metrics.scope_metrics = (Otlp__ScopeMetrics **)&b->only[2];
    b->resource_metrics.n_scope_metrics = 1;
    b->only[3] = &b->resource_metrics;
    b->measurements.resource_metrics = (Otlp__ResourceMetrics **)&b->only[3];
    b->measurements.n_resource_metrics = 1;
    b->only[4] = &b->scope_logs;
    b->resource_logs.scope_logs = (Otlp__ScopeLogs **)&b->only[4];
    b->resource_logs.n_scope_logs = 1;
    b->only[5] = &b->resource_logs;
    b->logs.resource_logs = (Otlp__ResourceLogs **)&b->only[5];
    b->logs.n_resource_logs = 1;
    b->resource_attributes = attributes(&b->arena, &b->resource.attributes, &b->resource.n_attributes);
    return b;
}

void tg_otlp_free(tg_otlp *b) {
    for (block *next, *at = b->arena; at; at = next) {
        next = at->next;
        free(at);
    }
    free(b);
}

tg_otlp_attributes *tg_otlp_resource(tg_otlp *b) { return b->resource_attributes; }

void tg_otlp_scope(tg_otlp *b, const void *name, size_t name_length, const void *version, size_t version_length,
                   const void *schema_url, size_t schema_url_length) {
    b->scope_spans.schema_url = b->scope_metrics.schema_url = b->scope_logs.schema_url =
        copy_text(&b->arena, schema_url, schema_url_length);
    b->scope.name = copy_text(&b->arena, name, name_length);
    b->scope.version = copy_text(&b->arena, version, version_length);
}

// ------------------------------------------------------------------ spans

// Span.flags: the W3C flags below, what OTLP knows of the parent above.
enum { FLAG_SAMPLED = 0x1, FLAG_REMOTE_KNOWN = 0x100, FLAG_REMOTE = 0x200 };

static ProtobufCBinaryData big_endian(block **arena, uint64_t high, uint64_t low, size_t length) {
    uint8_t *bytes = allocate(arena, 16);
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(high >> (56 - 8 * i));
    if (length == 16)
        for (int i = 0; i < 8; i++) bytes[8 + i] = (uint8_t)(low >> (56 - 8 * i));
    return (ProtobufCBinaryData){length, bytes};
}

tg_otlp_attributes *tg_otlp_span(tg_otlp *b, uint64_t trace_high, uint64_t trace_low, uint64_t span, uint64_t parent,
                                 const void *name, size_t name_length, int kind, bool parent_is_remote, int64_t start,
                                 int64_t end, int status) {
    Otlp__Span *made = allocate(&b->arena, sizeof *made);
    otlp__span__init(made);
    made->trace_id = big_endian(&b->arena, trace_high, trace_low, 16);
    made->span_id = big_endian(&b->arena, span, 0, 8);
    if (parent) made->parent_span_id = big_endian(&b->arena, parent, 0, 8);
    made->name = copy_text(&b->arena, name, name_length);
    made->kind = kind;
    made->start_time_unix_nano = (uint64_t)start;
    made->end_time_unix_nano = (uint64_t)end;
    made->flags = FLAG_SAMPLED | FLAG_REMOTE_KNOWN | (parent && parent_is_remote ? FLAG_REMOTE : 0);
    if (status) {
        made->status = allocate(&b->arena, sizeof *made->status);
        otlp__status__init(made->status);
        made->status->code = status;
    }
    append(&b->arena, (void ***)&b->scope_spans.spans, &b->scope_spans.n_spans, &b->span_capacity, made);
    b->span = made;
    b->event_capacity = 0;
    b->link_capacity = 0;
    return attributes(&b->arena, &made->attributes, &made->n_attributes);
}

tg_otlp_attributes *tg_otlp_link(tg_otlp *b, uint64_t trace_high, uint64_t trace_low, uint64_t span) {
    Otlp__SpanLink *made = allocate(&b->arena, sizeof *made);
    otlp__span_link__init(made);
    made->trace_id = big_endian(&b->arena, trace_high, trace_low, 16);
    made->span_id = big_endian(&b->arena, span, 0, 8);
    made->flags = FLAG_SAMPLED | FLAG_REMOTE_KNOWN;
    append(&b->arena, (void ***)&b->span->links, &b->span->n_links, &b->link_capacity, made);
    return attributes(&b->arena, &made->attributes, &made->n_attributes);
}

tg_otlp_attributes *tg_otlp_event(tg_otlp *b, const void *name, size_t name_length, int64_t time) {
    Otlp__SpanEvent *made = allocate(&b->arena, sizeof *made);
    otlp__span_event__init(made);
    made->time_unix_nano = (uint64_t)time;
    made->name = copy_text(&b->arena, name, name_length);
    append(&b->arena, (void ***)&b->span->events, &b->span->n_events, &b->event_capacity, made);
    return attributes(&b->arena, &made->attributes, &made->n_attributes);
}

// ------------------------------------------------------------------ logs

tg_otlp_attributes *tg_otlp_log(tg_otlp *b, int64_t time, int64_t observed, int severity, const char *severity_text,
                                uint64_t trace_high, uint64_t trace_low, uint64_t span) {
    Otlp__LogRecord *made = allocate(&b->arena, sizeof *made);
    otlp__log_record__init(made);
    made->time_unix_nano = (uint64_t)time;
    made->observed_time_unix_nano = (uint64_t)observed;
    made->severity_number = severity;
    made->severity_text = copy_text(&b->arena, severity_text, strlen(severity_text));
    if (trace_high || trace_low) made->trace_id = big_endian(&b->arena, trace_high, trace_low, 16);
    if (span) made->span_id = big_endian(&b->arena, span, 0, 8);
    append(&b->arena, (void ***)&b->scope_logs.log_records, &b->scope_logs.n_log_records, &b->record_capacity, made);
    b->record = made;
    return attributes(&b->arena, &made->attributes, &made->n_attributes);
}

void tg_otlp_log_text(tg_otlp *b, const void *name, size_t name_length, const void *body, size_t body_length) {
    b->record->event_name = copy_text(&b->arena, name, name_length);
    if (body_length == 0) return;
    b->record->body = allocate(&b->arena, sizeof *b->record->body);
    otlp__any_value__init(b->record->body);
    b->record->body->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
    b->record->body->string_value = copy_text(&b->arena, body, body_length);
}

// ------------------------------------------------------------------ metrics

static Otlp__Metric *begin_metric(tg_otlp *b, const char *name, const char *unit, const char *description) {
    Otlp__Metric *made = allocate(&b->arena, sizeof *made);
    otlp__metric__init(made);
    made->name = copy_text(&b->arena, name, strlen(name));
    made->unit = copy_text(&b->arena, unit, strlen(unit));
    made->description = copy_text(&b->arena, description, strlen(description));
    append(&b->arena, (void ***)&b->scope_metrics.metrics, &b->scope_metrics.n_metrics, &b->metric_capacity, made);
    b->metric = made;
    b->point_capacity = 0;
    return made;
}

void tg_otlp_gauge(tg_otlp *b, const char *name, const char *unit, const char *description) {
    Otlp__Metric *metric = begin_metric(b, name, unit, description);
    metric->data_case = OTLP__METRIC__DATA_GAUGE;
    metric->gauge = allocate(&b->arena, sizeof *metric->gauge);
    otlp__gauge__init(metric->gauge);
}

void tg_otlp_sum(tg_otlp *b, const char *name, const char *unit, const char *description, int temporality,
                 bool monotonic) {
    Otlp__Metric *metric = begin_metric(b, name, unit, description);
    metric->data_case = OTLP__METRIC__DATA_SUM;
    metric->sum = allocate(&b->arena, sizeof *metric->sum);
    otlp__sum__init(metric->sum);
    metric->sum->aggregation_temporality = temporality;
    metric->sum->is_monotonic = monotonic;
}

void tg_otlp_histogram(tg_otlp *b, const char *name, const char *unit, const char *description, int temporality) {
    Otlp__Metric *metric = begin_metric(b, name, unit, description);
    metric->data_case = OTLP__METRIC__DATA_HISTOGRAM;
    metric->histogram = allocate(&b->arena, sizeof *metric->histogram);
    otlp__histogram__init(metric->histogram);
    metric->histogram->aggregation_temporality = temporality;
}

static Otlp__NumberDataPoint *begin_number(tg_otlp *b, int64_t start, int64_t time) {
    Otlp__NumberDataPoint *point = allocate(&b->arena, sizeof *point);
    otlp__number_data_point__init(point);
    point->start_time_unix_nano = (uint64_t)start;
    point->time_unix_nano = (uint64_t)time;
    bool is_gauge = b->metric->data_case == OTLP__METRIC__DATA_GAUGE;
    Otlp__NumberDataPoint ***points = is_gauge ? &b->metric->gauge->data_points : &b->metric->sum->data_points;
    size_t *count = is_gauge ? &b->metric->gauge->n_data_points : &b->metric->sum->n_data_points;
    append(&b->arena, (void ***)points, count, &b->point_capacity, point);
    return point;
}

tg_otlp_attributes *tg_otlp_number(tg_otlp *b, int64_t start, int64_t time, int64_t value) {
    Otlp__NumberDataPoint *point = begin_number(b, start, time);
    point->value_case = OTLP__NUMBER_DATA_POINT__VALUE_AS_INT;
    point->as_int = value;
    return attributes(&b->arena, &point->attributes, &point->n_attributes);
}

tg_otlp_attributes *tg_otlp_fraction(tg_otlp *b, int64_t start, int64_t time, double value) {
    Otlp__NumberDataPoint *point = begin_number(b, start, time);
    point->value_case = OTLP__NUMBER_DATA_POINT__VALUE_AS_DOUBLE;
    point->as_double = value;
    return attributes(&b->arena, &point->attributes, &point->n_attributes);
}

tg_otlp_attributes *tg_otlp_buckets(tg_otlp *b, int64_t start, int64_t time, uint64_t count, double sum,
                                    const uint64_t *counts, const double *bounds, size_t bound_count) {
    Otlp__HistogramDataPoint *point = allocate(&b->arena, sizeof *point);
    otlp__histogram_data_point__init(point);
    point->start_time_unix_nano = (uint64_t)start;
    point->time_unix_nano = (uint64_t)time;
    point->count = count;
    point->optional_sum_case = OTLP__HISTOGRAM_DATA_POINT__OPTIONAL_SUM_SUM;
    point->sum = sum;
    size_t counts_size = (bound_count + 1) * sizeof *counts, bounds_size = bound_count * sizeof *bounds;
    point->n_bucket_counts = bound_count + 1;
    point->bucket_counts = memcpy(allocate(&b->arena, counts_size), counts, counts_size);
    point->n_explicit_bounds = bound_count;
    point->explicit_bounds = memcpy(allocate(&b->arena, bounds_size), bounds, bounds_size);
    Otlp__Histogram *histogram = b->metric->histogram;
    append(&b->arena, (void ***)&histogram->data_points, &histogram->n_data_points, &b->point_capacity, point);
    b->buckets = point;
    b->exemplar_capacity = 0;
    return attributes(&b->arena, &point->attributes, &point->n_attributes);
}

void tg_otlp_exemplar(tg_otlp *b, int64_t time, double value, uint64_t trace_high, uint64_t trace_low, uint64_t span) {
    Otlp__Exemplar *made = allocate(&b->arena, sizeof *made);
    otlp__exemplar__init(made);
    made->time_unix_nano = (uint64_t)time;
    made->value_case = OTLP__EXEMPLAR__VALUE_AS_DOUBLE;
    made->as_double = value;
    made->span_id = big_endian(&b->arena, span, 0, 8);
    made->trace_id = big_endian(&b->arena, trace_high, trace_low, 16);
    append(&b->arena, (void ***)&b->buckets->exemplars, &b->buckets->n_exemplars, &b->exemplar_capacity, made);
}

// ------------------------------------------------------------------ attributes

// A pair with a value of `size` bytes behind it, which the caller makes.
static void *add(tg_otlp_attributes *to, const void *key, size_t key_length, size_t size) {
    Otlp__KeyValue *pair = allocate(to->arena, sizeof *pair + size);
    otlp__key_value__init(pair);
    pair->key = copy_text(to->arena, key, key_length);
    pair->value = (Otlp__AnyValue *)(pair + 1);
    append(to->arena, (void ***)to->items, to->count, &to->capacity, pair);
    return pair->value;
}

static Otlp__AnyValue *add_any(tg_otlp_attributes *to, const void *key, size_t key_length) {
    Otlp__AnyValue *value = add(to, key, key_length, sizeof *value);
    otlp__any_value__init(value);
    return value;
}

void tg_otlp_string(tg_otlp_attributes *to, const void *key, size_t key_length, const void *text, size_t length) {
    Otlp__TextValue *value = add(to, key, key_length, sizeof *value);
    otlp__text_value__init(value);
    value->value_case = OTLP__TEXT_VALUE__VALUE_STRING_VALUE;
    value->string_value = copy_text(to->arena, text, length);
}

void tg_otlp_string_list(tg_otlp_attributes *to, const void *key, size_t key_length, const void *text, size_t length) {
    Otlp__AnyValue *value = add_any(to, key, key_length);
    Otlp__ArrayValue *list = allocate(to->arena, sizeof *list);
    otlp__array_value__init(list);
    list->values = allocate(to->arena, sizeof *list->values);
    list->values[0] = allocate(to->arena, sizeof *list->values[0]);
    otlp__any_value__init(list->values[0]);
    list->values[0]->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
    list->values[0]->string_value = copy_text(to->arena, text, length);
    list->n_values = 1;
    value->value_case = OTLP__ANY_VALUE__VALUE_ARRAY_VALUE;
    value->array_value = list;
}

void tg_otlp_int(tg_otlp_attributes *to, const void *key, size_t key_length, int64_t number) {
    Otlp__IntValue *value = add(to, key, key_length, sizeof *value);
    otlp__int_value__init(value);
    value->value_case = OTLP__INT_VALUE__VALUE_INT_VALUE;
    value->int_value = number;
}

void tg_otlp_double(tg_otlp_attributes *to, const void *key, size_t key_length, double number) {
    Otlp__AnyValue *value = add_any(to, key, key_length);
    value->value_case = OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE;
    value->double_value = number;
}

void tg_otlp_bool(tg_otlp_attributes *to, const void *key, size_t key_length, bool truth) {
    Otlp__AnyValue *value = add_any(to, key, key_length);
    value->value_case = OTLP__ANY_VALUE__VALUE_BOOL_VALUE;
    value->bool_value = truth;
}

// ------------------------------------------------------------------ bytes
static const ProtobufCMessage *root(tg_otlp *b) {
    switch (b->signal) {
    case TG_OTLP_METRICS: return &b->measurements.base;
    case TG_OTLP_LOGS: return &b->logs.base;
    default: return &b->traces.base;
    }
}

// To ask protobuf-c for the size costs as much as to pack. What the messages take in memory is always enough: PackedSizes.h.
static size_t memory(const tg_otlp *b) {
    size_t sum = sizeof *b;
    for (const block *at = b->arena; at; at = at->next) sum += at->used;
    return sum;
}

const uint8_t *tg_otlp_pack(tg_otlp *b, size_t *length) {
    uint8_t *out = allocate(&b->arena, memory(b));
    *length = protobuf_c_message_pack(root(b), out);
    return out;
}
