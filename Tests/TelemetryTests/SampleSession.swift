import Wire

@testable import Telemetry

/// One request of Claude Code as its spans are recorded: an attempt that fails, one that succeeds, a stage, the request.
enum SampleSession {
    static let resource: [(name: String, value: String)] = [
        ("service.name", "tollgate"), ("service.instance.id", "i-1"),
    ]
    static let begin: Int64 = 1_795_244_400_000_000_000
    static let sessionID = "11111111-2222-4333-8444-555555555555"

    struct Fault: Error {}

    static func span(_ value: UInt64) throws -> SpanID {
        guard let id = SpanID(value) else { throw Fault() }
        return id
    }

    static func trace() throws -> TraceID {
        guard let id = TraceID(high: 0x0AF7_6519_16CD_43DD, low: 0x8448_EB21_1C80_319C) else { throw Fault() }
        return id
    }

    static func batch() throws -> RecordBatch {
        var recorder = SpanRecorder()
        try recordAttempt(&recorder, span: 0xA1, ordinal: 0, from: begin + 2_000_000, fails: true)
        try recordAttempt(&recorder, span: 0xA2, ordinal: 1, from: begin + 5_000_000, fails: false)
        recorder.begin(
            .stage, trace: try trace(), span: try span(0xB1), parent: try span(0xC1), from: begin,
            to: begin + 1_500_000,
            isError: false, name: "identify")
        recorder.end()
        try recordRequest(&recorder)
        return recorder.take()
    }

    private static func recordAttempt(
        _ recorder: inout SpanRecorder, span id: UInt64, ordinal: Int64, from: Int64, fails: Bool
    ) throws {
        recorder.begin(
            .client, trace: try trace(), span: try span(id), parent: try span(0xC1), from: from, to: from + 900_000_000,
            isError: fails, name: "chat ", "claude-sonnet-4-6")
        recorder.text(.operationName, "chat")
        recorder.text(.providerName, "anthropic")
        recorder.text(.requestModel, "claude-sonnet-4-6")
        recorder.yes(.requestStream)
        recorder.text(.conversationID, sessionID)
        recorder.integer(.attemptOrdinal, ordinal)
        recorder.integer(.httpResponseStatusCode, fails ? 529 : 200)
        recorder.text(.errorType, fails ? "overloaded_error" : "")
        if !fails {
            recorder.text(.responseID, "msg_01")
            recorder.list(.finishReasons, "end_turn")
            recorder.double(.timeToFirstChunk, 0.25)
            recorder.integer(.inputTokens, 1300)
            recorder.integer(.outputTokens, 200)
            recorder.integer(.cacheReadTokens, 1000)
            recorder.integer(.cacheCreationTokens, 100)
            recorder.integer(.costNanoUSD, 4_125_000)
        }
        recorder.end()
    }

    private static func recordRequest(_ recorder: inout SpanRecorder) throws {
        recorder.begin(
            .server, trace: try trace(), span: try span(0xC1), parent: try span(0xB7AD_6B71_6920_3331),
            parentIsRemote: true, from: begin, to: begin + 910_000_000, isError: false, name: "POST /v1/messages")
        recorder.text(.httpRequestMethod, "POST")
        recorder.text(.httpRoute, "/v1/messages")
        recorder.integer(.httpResponseStatusCode, 200)
        recorder.text(.requestID, "req_01")
        recorder.text(.userID, "alice")
        recorder.text(.team, "platform")
        recorder.text(prefix: "tollgate.metadata.", "environment", "ci")
        recorder.integer(.stageIdentify, 1_500_000)
        recorder.integer(.costNanoUSD, 4_125_000)
        recorder.end()
    }

    static func encoded(lengthLimit: Int? = nil) throws -> [UInt8] {
        SpanEncoder(resource: resource, version: "1.2.3", lengthLimit: lengthLimit).encode([try batch()])
    }
}
