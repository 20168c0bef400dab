// Proof that messages take less when they are packed than in memory. Of a message's members each takes at most a tag of one byte and
// a number or length of ten (Span.flags: of two and four). Texts stand in memory as well. So do attributes, which are packed already, and
// repeated numbers, which proto3 packs: 8 bytes each, without tags. A repeated message has a tag and a length each time, 6 bytes at most:
// its pointer takes 8.
#pragma once
#include "otlp.pb-c.h"

#define IS_ENOUGH(message, members) _Static_assert(sizeof(message) > 11 * (members), "its packed form is larger")
IS_ENOUGH(Otlp__AnyValue, 1); IS_ENOUGH(Otlp__Span, 11); IS_ENOUGH(Otlp__SpanEvent, 2); IS_ENOUGH(Otlp__SpanLink, 3);
IS_ENOUGH(Otlp__Status, 2);
IS_ENOUGH(Otlp__Metric, 4); IS_ENOUGH(Otlp__Gauge, 1); IS_ENOUGH(Otlp__Sum, 3); IS_ENOUGH(Otlp__Histogram, 2);
IS_ENOUGH(Otlp__NumberDataPoint, 3); IS_ENOUGH(Otlp__Exemplar, 4); IS_ENOUGH(Otlp__HistogramDataPoint, 7);
IS_ENOUGH(Otlp__LogRecord, 8);
