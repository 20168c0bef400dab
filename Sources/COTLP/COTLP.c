#include <string.h>

#include "Builder.h"

// Where each message has its attributes.
enum {
    SPAN_ATTRIBUTES = 9, EVENT_ATTRIBUTES = 3, LINK_ATTRIBUTES = 4, RECORD_ATTRIBUTES = 6, NUMBER_ATTRIBUTES = 7, BUCKETS_ATTRIBUTES = 9
};

// ------------------------------------------------------------------ spans

// Span.flags: the W3C flags below, what OTLP knows of the parent above.
enum { FLAG_SAMPLED = 0x1, FLAG_REMOTE_KNOWN = 0x100, FLAG_REMOTE = 0x200 };

static ProtobufCBinaryData big_endian(block **arena, uint64_t high, uint64_t low, size_t length) {
    uint8_t *bytes = tg_allocate(arena, 16);
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(high >> (56 - 8 * i));
    if (length == 16)
        for (int i = 0; i < 8; i++) bytes[8 + i] = (uint8_t)(low >> (56 - 8 * i));
    return (ProtobufCBinaryData){length, bytes};
}

tg_otlp_attributes *tg_otlp_span(tg_otlp *b, uint64_t trace_high, uint64_t trace_low, uint64_t span, uint64_t parent,
                                 const void *name, size_t name_length, int kind, bool parent_is_remote, int64_t start,
                                 int64_t end, int status) {
    Otlp__Span *made = tg_begin_item(b, sizeof *made);
    otlp__span__init(made);
    made->trace_id = big_endian(&b->arena, trace_high, trace_low, 16);
    made->span_id = big_endian(&b->arena, span, 0, 8);
    if (parent) made->parent_span_id = big_endian(&b->arena, parent, 0, 8);
    made->name = tg_copy_text(&b->arena, name, name_length);
    made->kind = kind;
    made->start_time_unix_nano = (uint64_t)start;
    made->end_time_unix_nano = (uint64_t)end;
    made->flags = FLAG_SAMPLED | FLAG_REMOTE_KNOWN | (parent && parent_is_remote ? FLAG_REMOTE : 0);
    if (status) {
        made->status = tg_allocate(&b->arena, sizeof *made->status);
        otlp__status__init(made->status);
        made->status->code = status;
    }
    b->span = made;
    b->event_capacity = 0;
    b->link_capacity = 0;
    return tg_attributes(&b->arena, &made->base, SPAN_ATTRIBUTES);
}

tg_otlp_attributes *tg_otlp_link(tg_otlp *b, uint64_t trace_high, uint64_t trace_low, uint64_t span) {
    Otlp__SpanLink *made = tg_allocate(&b->arena, sizeof *made);
    otlp__span_link__init(made);
    made->trace_id = big_endian(&b->arena, trace_high, trace_low, 16);
    made->span_id = big_endian(&b->arena, span, 0, 8);
    made->flags = FLAG_SAMPLED | FLAG_REMOTE_KNOWN;
    tg_append(&b->arena, (void ***)&b->span->links, &b->span->n_links, &b->link_capacity, made);
    return tg_attributes(&b->arena, &made->base, LINK_ATTRIBUTES);
}

tg_otlp_attributes *tg_otlp_event(tg_otlp *b, const void *name, size_t name_length, int64_t time) {
    Otlp__SpanEvent *made = tg_allocate(&b->arena, sizeof *made);
    otlp__span_event__init(made);
    made->time_unix_nano = (uint64_t)time;
    made->name = tg_copy_text(&b->arena, name, name_length);
    tg_append(&b->arena, (void ***)&b->span->events, &b->span->n_events, &b->event_capacity, made);
    return tg_attributes(&b->arena, &made->base, EVENT_ATTRIBUTES);
}

// ------------------------------------------------------------------ logs

tg_otlp_attributes *tg_otlp_log(tg_otlp *b, int64_t time, int64_t observed, int severity, const char *severity_text,
                                uint64_t trace_high, uint64_t trace_low, uint64_t span) {
    Otlp__LogRecord *made = tg_begin_item(b, sizeof *made);
    otlp__log_record__init(made);
    made->time_unix_nano = (uint64_t)time;
    made->observed_time_unix_nano = (uint64_t)observed;
    made->severity_number = severity;
    made->severity_text = tg_copy_text(&b->arena, severity_text, strlen(severity_text));
    if (trace_high || trace_low) made->trace_id = big_endian(&b->arena, trace_high, trace_low, 16);
    if (span) made->span_id = big_endian(&b->arena, span, 0, 8);
    b->record = made;
    return tg_attributes(&b->arena, &made->base, RECORD_ATTRIBUTES);
}

void tg_otlp_log_text(tg_otlp *b, const void *name, size_t name_length, const void *body, size_t body_length) {
    b->record->event_name = tg_copy_text(&b->arena, name, name_length);
    if (body_length == 0) return;
    b->record->body = tg_allocate(&b->arena, sizeof *b->record->body);
    otlp__any_value__init(b->record->body);
    b->record->body->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
    b->record->body->string_value = tg_copy_text(&b->arena, body, body_length);
}

// ------------------------------------------------------------------ metrics

static Otlp__Metric *begin_metric(tg_otlp *b, const char *name, const char *unit, const char *description) {
    Otlp__Metric *made = tg_begin_item(b, sizeof *made);
    otlp__metric__init(made);
    made->name = tg_copy_text(&b->arena, name, strlen(name));
    made->unit = tg_copy_text(&b->arena, unit, strlen(unit));
    made->description = tg_copy_text(&b->arena, description, strlen(description));
    b->metric = made;
    b->point_capacity = 0;
    return made;
}

void tg_otlp_gauge(tg_otlp *b, const char *name, const char *unit, const char *description) {
    Otlp__Metric *metric = begin_metric(b, name, unit, description);
    metric->data_case = OTLP__METRIC__DATA_GAUGE;
    metric->gauge = tg_allocate(&b->arena, sizeof *metric->gauge);
    otlp__gauge__init(metric->gauge);
}

void tg_otlp_sum(tg_otlp *b, const char *name, const char *unit, const char *description, int temporality,
                 bool monotonic) {
    Otlp__Metric *metric = begin_metric(b, name, unit, description);
    metric->data_case = OTLP__METRIC__DATA_SUM;
    metric->sum = tg_allocate(&b->arena, sizeof *metric->sum);
    otlp__sum__init(metric->sum);
    metric->sum->aggregation_temporality = temporality;
    metric->sum->is_monotonic = monotonic;
}

void tg_otlp_histogram(tg_otlp *b, const char *name, const char *unit, const char *description, int temporality) {
    Otlp__Metric *metric = begin_metric(b, name, unit, description);
    metric->data_case = OTLP__METRIC__DATA_HISTOGRAM;
    metric->histogram = tg_allocate(&b->arena, sizeof *metric->histogram);
    otlp__histogram__init(metric->histogram);
    metric->histogram->aggregation_temporality = temporality;
}

static Otlp__NumberDataPoint *begin_number(tg_otlp *b, int64_t start, int64_t time) {
    Otlp__NumberDataPoint *point = tg_allocate(&b->arena, sizeof *point);
    otlp__number_data_point__init(point);
    point->start_time_unix_nano = (uint64_t)start;
    point->time_unix_nano = (uint64_t)time;
    bool is_gauge = b->metric->data_case == OTLP__METRIC__DATA_GAUGE;
    Otlp__NumberDataPoint ***points = is_gauge ? &b->metric->gauge->data_points : &b->metric->sum->data_points;
    size_t *count = is_gauge ? &b->metric->gauge->n_data_points : &b->metric->sum->n_data_points;
    tg_append(&b->arena, (void ***)points, count, &b->point_capacity, point);
    return point;
}

tg_otlp_attributes *tg_otlp_number(tg_otlp *b, int64_t start, int64_t time, int64_t value) {
    Otlp__NumberDataPoint *point = begin_number(b, start, time);
    point->value_case = OTLP__NUMBER_DATA_POINT__VALUE_AS_INT;
    point->as_int = value;
    return tg_attributes(&b->arena, &point->base, NUMBER_ATTRIBUTES);
}

tg_otlp_attributes *tg_otlp_fraction(tg_otlp *b, int64_t start, int64_t time, double value) {
    Otlp__NumberDataPoint *point = begin_number(b, start, time);
    point->value_case = OTLP__NUMBER_DATA_POINT__VALUE_AS_DOUBLE;
    point->as_double = value;
    return tg_attributes(&b->arena, &point->base, NUMBER_ATTRIBUTES);
}

tg_otlp_attributes *tg_otlp_buckets(tg_otlp *b, int64_t start, int64_t time, uint64_t count, double sum,
                                    const uint64_t *counts, const double *bounds, size_t bound_count) {
    Otlp__HistogramDataPoint *point = tg_allocate(&b->arena, sizeof *point);
    otlp__histogram_data_point__init(point);
    point->start_time_unix_nano = (uint64_t)start;
    point->time_unix_nano = (uint64_t)time;
    point->count = count;
    point->optional_sum_case = OTLP__HISTOGRAM_DATA_POINT__OPTIONAL_SUM_SUM;
    point->sum = sum;
    size_t counts_size = (bound_count + 1) * sizeof *counts, bounds_size = bound_count * sizeof *bounds;
    point->n_bucket_counts = bound_count + 1;
    point->bucket_counts = memcpy(tg_allocate(&b->arena, counts_size), counts, counts_size);
    point->n_explicit_bounds = bound_count;
    point->explicit_bounds = memcpy(tg_allocate(&b->arena, bounds_size), bounds, bounds_size);
    Otlp__Histogram *histogram = b->metric->histogram;
    tg_append(&b->arena, (void ***)&histogram->data_points, &histogram->n_data_points, &b->point_capacity, point);
    b->buckets = point;
    b->exemplar_capacity = 0;
    return tg_attributes(&b->arena, &point->base, BUCKETS_ATTRIBUTES);
}

void tg_otlp_exemplar(tg_otlp *b, int64_t time, double value, uint64_t trace_high, uint64_t trace_low, uint64_t span) {
    Otlp__Exemplar *made = tg_allocate(&b->arena, sizeof *made);
    otlp__exemplar__init(made);
    made->time_unix_nano = (uint64_t)time;
    made->value_case = OTLP__EXEMPLAR__VALUE_AS_DOUBLE;
    made->as_double = value;
    made->span_id = big_endian(&b->arena, span, 0, 8);
    made->trace_id = big_endian(&b->arena, trace_high, trace_low, 16);
    tg_append(&b->arena, (void ***)&b->buckets->exemplars, &b->buckets->n_exemplars, &b->exemplar_capacity, made);
}
