import Configuration
import Providers
import Telemetry
import Wire

/// What is kept of one request's prompt and answer while it runs, for a rule of `content_capture`; confined to its loop.
final class ContentCapture {
    let rule: ContentRule
    private let room: CaptureRoom
    private var request: [UInt8] = []
    private var response: [UInt8] = []
    private var responseIsCut = false
    /// Bytes of the room that are held: for the request, and for the answer as far as it may grow.
    private var forRequest = 0, forResponse = 0

    /// Keeps the request; nil: there is no room for it.
    init?(_ rule: ContentRule, request body: UnsafeRawBufferPointer, room: CaptureRoom = .shared) {
        self.rule = rule
        self.room = room
        let takesRequest = rule.parts.contains(.request) && body.count <= Self.maximumRequest
        let count = takesRequest ? body.count : 0, first = rule.parts.contains(.response) ? Self.step : 0
        guard room.take(count + first) else { return nil }
        forRequest = count
        forResponse = first
        if takesRequest { request = Array(body) }
    }

    deinit { room.giveBack(forRequest + forResponse) }

    /// A body beyond it is not taken apart.
    private static let maximumRequest = 8 << 20
    /// A stream has several times the bytes of what it says.
    private var maximumResponse: Int { rule.maximumBytes * 16 }
    /// Room for an answer is taken in steps.
    private static let step = 64 << 10

    /// A piece of the answer as the client gets it.
    func take(response bytes: UnsafeRawBufferPointer) {
        guard rule.parts.contains(.response), !responseIsCut else { return }
        let count = min(bytes.count, maximumResponse - response.count)
        responseIsCut = count < bytes.count || !makeRoom(response.count + count)
        if response.count + count <= forResponse { response += bytes.prefix(count) }
    }

    private func makeRoom(_ count: Int) -> Bool {
        guard count > forResponse else { return true }
        let more = (count - forResponse + Self.step - 1) / Self.step * Self.step
        guard room.take(more) else { return false }
        forResponse += more
        return true
    }

    /// What was kept, to be told elsewhere.
    func finish() -> CapturedContent {
        let share = CaptureRoom.Share(of: room, forRequest + forResponse)
        forRequest = 0
        forResponse = 0
        return CapturedContent(
            rule: rule, request: request, response: response, responseIsCut: responseIsCut, share: share)
    }
}

/// A prompt and an answer on their way to the collector: taken apart and redacted off the request's loop.
struct CapturedContent: Sendable {
    let rule: ContentRule
    let request: [UInt8]
    let response: [UInt8]
    let responseIsCut: Bool
    let share: CaptureRoom.Share

    /// Bytes.
    var size: Int { request.count + response.count }

    /// Adds them to an event (`gen_ai.client.inference.operation.details`).
    func add(to event: inout TelemetryEvent) {
        let redactor = Redactor(redactions: rule.redactions, maximumBytes: rule.maximumBytes)
        let messages = ContentMessages(maximumBytes: rule.maximumBytes) { redactor($0) }
        event.add("tollgate.content.rule", rule.id)
        if let body = try? request.withUnsafeBytes({ bytes throws(JSONError) in try JSONValue(parsing: bytes) }) {
            add("gen_ai.system_instructions", messages.system(body), to: &event)
            add("gen_ai.input.messages", messages.input(body), to: &event)
        }
        add("gen_ai.output.messages", output(messages), to: &event)
        if responseIsCut { event.add("tollgate.content.response_cut", true) }
    }

    private func output(_ messages: ContentMessages) -> ContentMessages.Text? {
        response.withUnsafeBytes { bytes in
            if bytes.first == UInt8(ascii: "{") { return (try? JSONValue(parsing: bytes)).flatMap(messages.output) }
            return StreamedContent(bytes).output(messages)
        }
    }

    private func add(_ name: String, _ text: ContentMessages.Text?, to event: inout TelemetryEvent) {
        guard let text else { return }
        event.add(name, text.json)
        if text.dropped > 0 { event.add("tollgate.content.dropped_messages", Int64(text.dropped)) }
        if text.isCut { event.add("\(name).cut", true) }
    }
}
