import Wire

/// What Claude Code says of the work that is done with it: its counters, and the tools that its events tell of.
package struct ClientActivity: Sendable, Equatable {
    /// What is counted; the names are the columns of the ledger.
    package enum Measure: String, CaseIterable, Sendable {
        case sessions, commits
        case pullRequests = "pull_requests"
        case linesAdded = "lines_added"
        case linesRemoved = "lines_removed"
        case editsAccepted = "edits_accepted"
        case editsRejected = "edits_rejected"
        /// Milliseconds.
        case activeUser = "active_user_ms"
        case activeClient = "active_cli_ms"
        /// The client's own estimate.
        case cost = "client_cost_nano_usd"
        case inputTokens = "client_input_tokens"
        case outputTokens = "client_output_tokens"
        case cacheReadTokens = "client_cache_read_tokens"
        case cacheCreationTokens = "client_cache_creation_tokens"
        case prompts
        case toolCalls = "tool_calls"
        case toolErrors = "tool_errors"
    }

    package let measure: Measure
    package let amount: Int64
    /// Unix nanoseconds; 0: it does not say.
    package let at: Int64
    /// Of a sum that goes on: when it began, and which one it is. Its amount is all of it.
    package let series: Series?

    package struct Series: Sendable, Hashable {
        package let start: Int64
        /// Of the metric's name and attributes.
        package let hash: Int
    }

    // MARK: Events

    /// What an event says, if anything.
    package static func of(_ record: ClientRecord) -> [ClientActivity] {
        func one(_ measure: Measure) -> ClientActivity {
            ClientActivity(measure: measure, amount: 1, at: record.at, series: nil)
        }
        switch record.event {
        case "tool_result": return record.isSuccess ? [one(.toolCalls)] : [one(.toolCalls), one(.toolErrors)]
        case "user_prompt": return [one(.prompts)]
        default: return []
        }
    }

    /// The records of a logs export, each once.
    package static func records(in export: UnsafeRawBufferPointer) throws(OTLPFault) -> [ClientRecord] {
        var records: [ClientRecord] = []
        try walk(export, [1, 2, 2]) { bytes throws(OTLPFault) in
            guard records.count < ClientPayloadWriter.maximumItems else { throw .tooLarge }
            records.append(try ClientRecord(bytes))
        }
        return records
    }

    /// The traces of a traces export, some several times.
    package static func traces(in export: UnsafeRawBufferPointer) throws(OTLPFault) -> [TraceID] {
        var traces: [TraceID] = []
        try walk(export, [1, 2, 2]) { bytes throws(OTLPFault) in
            var fields = ProtobufFields(bytes)
            while let field = try fields.next() {
                guard field.number == 1, field.type == .length else { continue }
                if let trace = TraceID(bytes: field.bytes), trace != traces.last { traces.append(trace) }
            }
        }
        return traces
    }

    // MARK: Metrics

    /// Of a metrics export. Amounts that cannot be are left out: less than nothing, no number, more than fits.
    package static func metrics(in export: UnsafeRawBufferPointer) throws(OTLPFault) -> [ClientActivity] {
        var found: [ClientActivity] = []
        try walk(export, [1, 2, 2]) { bytes throws(OTLPFault) in try readMetric(bytes, &found) }
        return found
    }

    /// Visits what lies at the end of a path of field numbers.
    private static func walk(
        _ bytes: UnsafeRawBufferPointer, _ path: ArraySlice<Int>,
        _ visit: (UnsafeRawBufferPointer) throws(OTLPFault) -> Void
    ) throws(OTLPFault) {
        guard let number = path.first else { return try visit(bytes) }
        var fields = ProtobufFields(bytes)
        while let field = try fields.next() {
            guard field.number == number else { continue }
            guard field.type == .length else { throw .malformed }
            try walk(field.bytes, path.dropFirst(), visit)
        }
    }

    private static func readMetric(_ bytes: UnsafeRawBufferPointer, _ found: inout [ClientActivity]) throws(OTLPFault) {
        var fields = ProtobufFields(bytes)
        var name = UnsafeRawBufferPointer(start: nil, count: 0), sum: UnsafeRawBufferPointer?
        while let field = try fields.next() {
            if field.number == 1, field.type == .length { name = field.bytes }
            if field.number == 7, field.type == .length { sum = field.bytes }
        }
        guard let sum, name.startsIgnoringCase("claude_code."), let kind = Kind(name) else { return }
        var isDelta = false, points: [UnsafeRawBufferPointer] = []
        fields = ProtobufFields(sum)
        while let field = try fields.next() {
            if field.number == 1, field.type == .length { points.append(field.bytes) }
            if field.number == 2, field.type == .varint { isDelta = field.value == 1 }
        }
        for point in points {
            if let activity = try read(point, kind, name, isDelta: isDelta) { found.append(activity) }
        }
    }

    private enum Kind {
        case plain(Measure)
        case lines, edits, active, cost, tokens

        init?(_ name: UnsafeRawBufferPointer) {
            if name.equals("claude_code.session.count") {
                self = .plain(.sessions)
            } else if name.equals("claude_code.commit.count") {
                self = .plain(.commits)
            } else if name.equals("claude_code.pull_request.count") {
                self = .plain(.pullRequests)
            } else if name.equals("claude_code.lines_of_code.count") {
                self = .lines
            } else if name.equals("claude_code.code_edit_tool.decision") {
                self = .edits
            } else if name.equals("claude_code.active_time.total") {
                self = .active
            } else if name.equals("claude_code.cost.usage") {
                self = .cost
            } else if name.equals("claude_code.token.usage") {
                self = .tokens
            } else {
                return nil
            }
        }

        /// How many of the ledger's units one of the client's is.
        var scale: Double {
            switch self {
            case .cost: 1e9
            case .active: 1e3
            default: 1
            }
        }

        /// `type` and `decision` as the client says them.
        func measure(_ type: UnsafeRawBufferPointer, _ decision: UnsafeRawBufferPointer) -> Measure? {
            switch self {
            case .plain(let measure): measure
            case .lines: type.equals("added") ? .linesAdded : type.equals("removed") ? .linesRemoved : nil
            case .edits: decision.equals("accept") ? .editsAccepted : decision.equals("reject") ? .editsRejected : nil
            case .active: type.equals("user") ? .activeUser : .activeClient
            case .cost: .cost
            case .tokens:
                type.equals("input")
                    ? .inputTokens
                    : type.equals("output")
                        ? .outputTokens
                        : type.equals("cacheRead")
                            ? .cacheReadTokens : type.equals("cacheCreation") ? .cacheCreationTokens : nil
            }
        }
    }

    private static func read(
        _ bytes: UnsafeRawBufferPointer, _ kind: Kind, _ name: UnsafeRawBufferPointer, isDelta: Bool
    ) throws(OTLPFault) -> ClientActivity? {
        var fields = ProtobufFields(bytes)
        var start: Int64 = 0, time: Int64 = 0, value = 0.0
        var type = UnsafeRawBufferPointer(start: nil, count: 0), decision = type
        var hasher = Hasher()
        hasher.combine(bytes: name)
        while let field = try fields.next() {
            switch (field.number, field.type) {
            case (2, .fixed64): start = Int64(bitPattern: field.value)
            case (3, .fixed64): time = Int64(bitPattern: field.value)
            case (4, .fixed64): value = Double(bitPattern: field.value)
            case (6, .fixed64): value = Double(Int64(bitPattern: field.value))
            case (7, .length):
                hasher.combine(bytes: field.bytes)
                let attribute = try ClientAttribute(field.bytes)
                if attribute.key.equals("type") { type = try attribute.text() }
                if attribute.key.equals("decision") { decision = try attribute.text() }
            default: continue
            }
        }
        let scaled = (value * kind.scale).rounded()
        guard let measure = kind.measure(type, decision), scaled > 0, scaled < limit else { return nil }
        return ClientActivity(
            measure: measure, amount: Int64(scaled), at: time,
            series: isDelta ? nil : Series(start: start, hash: hasher.finalize()))
    }

    /// Of one point: a million dollars, eleven days, 10^15 of anything else.
    private static let limit = 1e15
}
