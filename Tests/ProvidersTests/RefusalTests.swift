import Testing
import Wire

@testable import Providers

@Suite("The errors of the gateway itself")
struct RefusalTests {
    private static let all: [(refusal: Refusal, status: Int, type: String, isFinal: Bool)] = [
        (.malformedHTTP(status: 400, "x"), 400, "invalid_request_error", true),
        (.malformedHTTP(status: 408, "x"), 408, "timeout_error", false),
        (.malformedHTTP(status: 413, "x"), 413, "request_too_large", true),
        (.malformedHTTP(status: 431, "x"), 431, "invalid_request_error", true),
        (.malformedJSON(JSONError(.unexpectedEnd, at: 7)), 400, "invalid_request_error", true),
        (.invalidMember("model", "is missing"), 400, "invalid_request_error", true),
        (.invalidHeader("x"), 400, "invalid_request_error", true),
        (.encodedBody, 415, "invalid_request_error", true),
        (.bodyTooLarge(limit: 5), 413, "request_too_large", true),
        (.bodyTimedOut, 408, "timeout_error", false),
        (.unknownPath("/x"), 404, "not_found_error", true),
        (.wrongMethod(allow: "POST"), 405, "invalid_request_error", true),
        (.missingCredential, 401, "authentication_error", true),
        (.unknownCredential, 401, "authentication_error", true),
        (.expiredCredential(since: "2026-01-01T00:00:00Z"), 401, "authentication_error", true),
        (.revokedCredential, 401, "authentication_error", true),
        (.unroutedModel("m"), 404, "not_found_error", true),
        (.needsLogin, 401, "authentication_error", true),
        (.unavailable("a", "refused"), 529, "overloaded_error", false),
        (.streamBroken("a", "cut"), 529, "overloaded_error", false),
        (.ledgerBehind, 529, "overloaded_error", false),
        (.fault, 500, "api_error", false),
    ]

    @Test("Each has Anthropic's envelope with the request's id", arguments: all.indices)
    func envelope(index: Int) throws {
        let (refusal, status, type, isFinal) = Self.all[index]
        #expect(refusal.status == status && refusal.isFinal == isFinal && "\(refusal.type)" == type)
        let body = try JSONValue(parsing: String(decoding: refusal.body(requestID: "req_1"), as: UTF8.self))
        #expect(
            body == [
                "type": "error", "error": ["type": .string(type), "message": .string(refusal.message)],
                "request_id": "req_1",
            ])
        #expect((refusal.retryAfter != nil) == refusal.message.hasSuffix("try again in a moment."))
        // Claude Code takes these words for a fault of its own login.
        #expect(!refusal.message.contains("invalid x-api-key"))
    }

    @Test("What a client sent is escaped")
    func escapes() throws {
        let name = "\"}\\\n\r\u{0}\u{7f}é\u{2028}😀</script>"
        for refusal in [Refusal.unroutedModel(name), .unknownPath(name), .invalidMember("limit", name)] {
            let bytes = refusal.body(requestID: name)
            let body = try JSONValue(parsing: String(decoding: bytes, as: UTF8.self))
            #expect(body["error"]?["message"]?.string?.contains(name) == true)
            #expect(body["request_id"] == .string(name))
            #expect(!bytes.contains(10) && !bytes.contains(13))
        }
    }

    @Test("As the last event of a stream it ends the stream")
    func event() {
        let facts = StreamFacts(MeterTests.start + String(decoding: Refusal.fault.event(requestID: "r"), as: UTF8.self))
        #expect(facts.hasEnded && facts.errorType == "api_error" && facts.malformed == 0)
        #expect(Refusal.wrongMethod(allow: "GET").allow.map { "\($0)" } == "GET")
    }
}
