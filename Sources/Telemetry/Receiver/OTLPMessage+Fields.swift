/// The field numbers and types of OTLP 1.11. Profiles' fields and `entity_refs` are left out.
extension OTLPMessage {
    var table: [OTLPField] {
        switch self {
        case .traces: [OTLPField(1, "resourceSpans", .many(.resourceSpans))]
        case .metrics: [OTLPField(1, "resourceMetrics", .many(.resourceMetrics))]
        case .logs: [OTLPField(1, "resourceLogs", .many(.resourceLogs))]
        case .resourceSpans: Self.group("scopeSpans", .scopeSpans)
        case .resourceMetrics: Self.group("scopeMetrics", .scopeMetrics)
        case .resourceLogs: Self.group("scopeLogs", .scopeLogs)
        case .scopeSpans: Self.ofScope("spans", .span)
        case .scopeMetrics: Self.ofScope("metrics", .metric)
        case .scopeLogs: Self.ofScope("logRecords", .logRecord)
        case .resource: [OTLPField(1, "attributes", .attributes), OTLPField(2, "droppedAttributesCount", .varint)]
        case .scope:
            [
                OTLPField(1, "name", .text), OTLPField(2, "version", .text), OTLPField(3, "attributes", .attributes),
                OTLPField(4, "droppedAttributesCount", .varint),
            ]
        case .span, .spanEvent, .spanLink, .status: spanTable
        case .metric, .gauge, .sum, .histogram, .exponentialHistogram, .summary: metricTable
        case .numberPoint, .histogramPoint, .exponentialPoint, .buckets, .summaryPoint, .quantile, .exemplar:
            pointTable
        case .logRecord:
            [
                OTLPField(1, "timeUnixNano", .fixed64), OTLPField(2, "severityNumber", .varint),
                OTLPField(3, "severityText", .text), OTLPField(5, "body", .one(.anyValue)),
                OTLPField(6, "attributes", .attributes), OTLPField(7, "droppedAttributesCount", .varint),
                OTLPField(8, "flags", .fixed32), OTLPField(9, "traceId", .id), OTLPField(10, "spanId", .id),
                OTLPField(11, "observedTimeUnixNano", .fixed64), OTLPField(12, "eventName", .text),
            ]
        case .anyValue:
            [
                OTLPField(1, "stringValue", .text), OTLPField(2, "boolValue", .bool),
                OTLPField(3, "intValue", .varint), OTLPField(4, "doubleValue", .double),
                OTLPField(5, "arrayValue", .one(.arrayValue)), OTLPField(6, "kvlistValue", .one(.keyValueList)),
                OTLPField(7, "bytesValue", .bytes),
            ]
        case .arrayValue: [OTLPField(1, "values", .many(.anyValue))]
        case .keyValueList: [OTLPField(1, "values", .many(.keyValue))]
        case .keyValue: [OTLPField(1, "key", .text), OTLPField(2, "value", .one(.anyValue))]
        }
    }

    private static func group(_ name: StaticString, _ inner: OTLPMessage) -> [OTLPField] {
        [
            OTLPField(1, "resource", .one(.resource)), OTLPField(2, name, .many(inner)),
            OTLPField(3, "schemaUrl", .text),
        ]
    }

    private static func ofScope(_ name: StaticString, _ inner: OTLPMessage) -> [OTLPField] {
        [OTLPField(1, "scope", .one(.scope)), OTLPField(2, name, .many(inner)), OTLPField(3, "schemaUrl", .text)]
    }

    private var spanTable: [OTLPField] {
        switch self {
        case .span:
            [
                OTLPField(1, "traceId", .id), OTLPField(2, "spanId", .id), OTLPField(3, "traceState", .text),
                OTLPField(4, "parentSpanId", .id), OTLPField(5, "name", .text), OTLPField(6, "kind", .varint),
                OTLPField(7, "startTimeUnixNano", .fixed64), OTLPField(8, "endTimeUnixNano", .fixed64),
                OTLPField(9, "attributes", .attributes), OTLPField(10, "droppedAttributesCount", .varint),
                OTLPField(11, "events", .many(.spanEvent)), OTLPField(12, "droppedEventsCount", .varint),
                OTLPField(13, "links", .many(.spanLink)), OTLPField(14, "droppedLinksCount", .varint),
                OTLPField(15, "status", .one(.status)), OTLPField(16, "flags", .fixed32),
            ]
        case .spanEvent:
            [
                OTLPField(1, "timeUnixNano", .fixed64), OTLPField(2, "name", .text),
                OTLPField(3, "attributes", .attributes), OTLPField(4, "droppedAttributesCount", .varint),
            ]
        case .spanLink:
            [
                OTLPField(1, "traceId", .id), OTLPField(2, "spanId", .id), OTLPField(3, "traceState", .text),
                OTLPField(4, "attributes", .attributes), OTLPField(5, "droppedAttributesCount", .varint),
                OTLPField(6, "flags", .fixed32),
            ]
        default: [OTLPField(2, "message", .text), OTLPField(3, "code", .varint)]
        }
    }

    private var metricTable: [OTLPField] {
        switch self {
        case .metric:
            [
                OTLPField(1, "name", .text), OTLPField(2, "description", .text), OTLPField(3, "unit", .text),
                OTLPField(5, "gauge", .one(.gauge)), OTLPField(7, "sum", .one(.sum)),
                OTLPField(9, "histogram", .one(.histogram)),
                OTLPField(10, "exponentialHistogram", .one(.exponentialHistogram)),
                OTLPField(11, "summary", .one(.summary)), OTLPField(12, "metadata", .attributes),
            ]
        case .gauge: [OTLPField(1, "dataPoints", .many(.numberPoint))]
        case .sum:
            [
                OTLPField(1, "dataPoints", .many(.numberPoint)), OTLPField(2, "aggregationTemporality", .varint),
                OTLPField(3, "isMonotonic", .bool),
            ]
        case .histogram:
            [
                OTLPField(1, "dataPoints", .many(.histogramPoint)), OTLPField(2, "aggregationTemporality", .varint),
            ]
        case .exponentialHistogram:
            [
                OTLPField(1, "dataPoints", .many(.exponentialPoint)), OTLPField(2, "aggregationTemporality", .varint),
            ]
        default: [OTLPField(1, "dataPoints", .many(.summaryPoint))]
        }
    }

    private var pointTable: [OTLPField] {
        switch self {
        case .numberPoint:
            Self.times + [
                OTLPField(4, "asDouble", .double), OTLPField(6, "asInt", .fixed64),
                OTLPField(5, "exemplars", .many(.exemplar)), OTLPField(7, "attributes", .attributes),
                OTLPField(8, "flags", .varint),
            ]
        case .histogramPoint:
            Self.times + [
                OTLPField(4, "count", .fixed64), OTLPField(5, "sum", .double),
                OTLPField(6, "bucketCounts", .manyFixed64), OTLPField(7, "explicitBounds", .manyDouble),
                OTLPField(8, "exemplars", .many(.exemplar)), OTLPField(9, "attributes", .attributes),
                OTLPField(10, "flags", .varint), OTLPField(11, "min", .double), OTLPField(12, "max", .double),
            ]
        case .exponentialPoint:
            Self.times + [
                OTLPField(1, "attributes", .attributes), OTLPField(4, "count", .fixed64), OTLPField(5, "sum", .double),
                OTLPField(6, "scale", .signedVarint), OTLPField(7, "zeroCount", .fixed64),
                OTLPField(8, "positive", .one(.buckets)), OTLPField(9, "negative", .one(.buckets)),
                OTLPField(10, "flags", .varint), OTLPField(11, "exemplars", .many(.exemplar)),
                OTLPField(12, "min", .double), OTLPField(13, "max", .double), OTLPField(14, "zeroThreshold", .double),
            ]
        case .buckets: [OTLPField(1, "offset", .signedVarint), OTLPField(2, "bucketCounts", .manyVarint)]
        case .summaryPoint:
            Self.times + [
                OTLPField(4, "count", .fixed64), OTLPField(5, "sum", .double),
                OTLPField(6, "quantileValues", .many(.quantile)), OTLPField(7, "attributes", .attributes),
                OTLPField(8, "flags", .varint),
            ]
        case .quantile: [OTLPField(1, "quantile", .double), OTLPField(2, "value", .double)]
        default:
            [
                OTLPField(2, "timeUnixNano", .fixed64), OTLPField(3, "asDouble", .double),
                OTLPField(6, "asInt", .fixed64), OTLPField(4, "spanId", .id), OTLPField(5, "traceId", .id),
                OTLPField(7, "filteredAttributes", .attributes),
            ]
        }
    }

    private static let times = [OTLPField(2, "startTimeUnixNano", .fixed64), OTLPField(3, "timeUnixNano", .fixed64)]
}
