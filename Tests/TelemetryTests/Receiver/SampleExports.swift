import Wire

@testable import Telemetry

/// Exports as clients write them, in JSON; `binary` gives the other form.
enum SampleExports {
    static let resource = """
        {"attributes":[{"key":"service.name","value":{"stringValue":"claude-code"}},
        {"key":"user.id","value":{"stringValue":"c0ffee"}},{"key":"tollgate.team","value":{"stringValue":"thieves"}}]}
        """

    static let logs = #"""
        {"resourceLogs":[{"resource":\#(resource),"unknownMember":[1,{"a":null}],"scopeLogs":[{"scope":{"name":"com.anthropic.claude_code","version":"1.0.0"},
        "logRecords":[{"timeUnixNano":"1795273893416000000","observedTimeUnixNano":1795273893416000000,"severityNumber":9,"severityText":"INFO",
        "body":{"stringValue":"claude_code.api_request"},"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"1112131415161718","flags":1,
        "attributes":[{"key":"event.name","value":{"stringValue":"api_request"}},{"key":"request_id","value":{"stringValue":"req_1"}},
        {"key":"session.id","value":{"stringValue":"s-1"}},{"key":"prompt.id","value":{"stringValue":"p-1"}},
        {"key":"user.id","value":{"stringValue":"c0ffee"}},{"key":"user.email","value":{"stringValue":"root@example.com"}},
        {"key":"cost_usd","value":{"doubleValue":0.25}},{"key":"input_tokens","value":{"intValue":"12"}},{"key":"ok","value":{"boolValue":true}},
        {"key":"list","value":{"arrayValue":{"values":[{"stringValue":"a"},{"intValue":-3}]}}},
        {"key":"map","value":{"kvlistValue":{"values":[{"key":"x","value":{"bytesValue":"AAEC"}}]}}}]},
        {"timeUnixNano":"1795273893416000000","body":{"stringValue":"claude_code.tool_result"},
        "attributes":[{"key":"event.name","value":{"stringValue":"tool_result"}},{"key":"success","value":{"stringValue":"false"}},
        {"key":"prompt.id","value":{"stringValue":"p-1"}},{"key":"tool_parameters","value":{"stringValue":"{\"command\":\"ls\"}"}},
        {"key":"note","value":{"stringValue":"words that nobody knows"}}]}]}],"schemaUrl":"https://opentelemetry.io/schemas/1.41.0"}]}
        """#

    static func metrics(delta: Bool, commits: Int = 2, start: Int64 = 1) -> String {
        let temporality = delta ? 1 : 2
        func sum(_ name: String, _ points: String) -> String {
            #"{"name":"\#(name)","unit":"1","sum":{"aggregationTemporality":\#(temporality),"isMonotonic":true,"dataPoints":[\#(points)]}}"#
        }
        func point(_ value: String, _ attributes: String) -> String {
            #"{"startTimeUnixNano":"\#(start)","timeUnixNano":"1795273893416000000",\#(value),"attributes":[\#(attributes)]}"#
        }
        let added = #"{"key":"type","value":{"stringValue":"added"}}"#
        let accept =
            #"{"key":"decision","value":{"stringValue":"accept"}},{"key":"user.id","value":{"stringValue":"x"}}"#
        let all = [
            sum("claude_code.commit.count", point(#""asDouble":\#(commits)"#, "")),
            sum("claude_code.lines_of_code.count", point(#""asInt":"7""#, added)),
            sum("claude_code.code_edit_tool.decision", point(#""asInt":3"#, accept)),
            sum(
                "claude_code.active_time.total",
                point(#""asDouble":1.5"#, #"{"key":"type","value":{"stringValue":"user"}}"#)),
            sum("claude_code.cost.usage", point(#""asDouble":0.125"#, "") + "," + point(#""asDouble":"NaN""#, "")),
            sum("claude_code.token.usage", point(#""asInt":"-5""#, #"{"key":"type","value":{"stringValue":"input"}}"#)),
            sum("another.count", point(#""asInt":9"#, "")),
            #"{"name":"h","histogram":{"aggregationTemporality":1,"dataPoints":[{"count":"3","sum":4.5,"bucketCounts":["1","2"],"explicitBounds":[0.5],"exemplars":[{"asDouble":1,"traceId":"0102030405060708090a0b0c0d0e0f10"}]}]}}"#,
            #"{"name":"e","exponentialHistogram":{"dataPoints":[{"count":1,"scale":-3,"positive":{"offset":-2,"bucketCounts":["300",1]}}]}}"#,
            #"{"name":"s","summary":{"dataPoints":[{"quantileValues":[{"quantile":0.5,"value":1}]}]}}"#,
        ]
        return
            #"{"resourceMetrics":[{"resource":\#(resource),"scopeMetrics":[{"metrics":[\#(all.joined(separator: ","))]}]}]}"#
    }

    static let traces = #"""
        {"resourceSpans":[{"resource":\#(resource),"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"1112131415161718",
        "parentSpanId":"2122232425262728","traceState":"a=b","name":"claude_code.llm_request","kind":3,"startTimeUnixNano":"1","endTimeUnixNano":"2","flags":257,
        "attributes":[{"key":"user_prompt","value":{"stringValue":"do it"}}],"events":[{"timeUnixNano":1,"name":"gen_ai.request.attempt","attributes":[]}],
        "links":[{"traceId":"0102030405060708090a0b0c0d0e0f11","spanId":"1112131415161719","attributes":[{"key":"link.type","value":{"stringValue":"parent_of"}}]}],
        "status":{"code":2,"message":"no"}}]}]}]}
        """#

    static let all: [(signal: Signal, json: String)] = [
        (.logs, logs), (.metrics, metrics(delta: true)), (.spans, traces),
    ]

    static func binary(_ json: String, _ signal: Signal) throws -> [UInt8] {
        try Array(json.utf8).withUnsafeBytes { try OTLPTranscoder.protobuf($0, signal) }
    }

    static let stamp = ClientStamp(
        user: "alice@example.com", team: "platform", keyID: "key_1", project: "atlas",
        metadata: [("cost", String(repeating: "é", count: 2_000))])

    static func write(
        _ bytes: [UInt8], _ signal: Signal, keepsContent: Bool = false,
        join: @escaping (ClientRecord) -> ClientPayloadWriter.Join = { _ in .unknown }
    ) throws -> ClientPayloadWriter.Result {
        try bytes.withUnsafeBytes {
            try ClientPayloadWriter.write(
                $0, as: signal, stamp, AttributePolicy(keepsContent: keepsContent), join: join)
        }
    }
}

extension ProtobufMessage {
    /// The message at the end of a path of field numbers, the first of each.
    func at(_ path: Int...) throws -> ProtobufMessage {
        var message = self
        for number in path {
            guard case .bytes(let bytes)? = message.values(number).first else { throw Fault() }
            message = try ProtobufMessage(bytes)
        }
        return message
    }

    /// `KeyValue`s by name; texts as they are, other values as what they look like.
    func clientAttributes(_ number: Int) throws -> [String: String] {
        var found: [String: String] = [:]
        for pair in try messages(number) {
            guard case .bytes(let key)? = pair.values(1).first else { throw Fault() }
            let value = try pair.at(2)
            if case .bytes(let text)? = value.values(1).first {
                found[String(decoding: key, as: UTF8.self)] = String(decoding: text, as: UTF8.self)
            } else {
                found[String(decoding: key, as: UTF8.self)] = "\(value.fields)"
            }
        }
        return found
    }
}
