import Ledger
import Telemetry
import Wire

/// A model request that has ended, for joining what its client says of it.
struct FinishedCall: Sendable {
    /// What its client knows as `request_id`.
    let id: RequestID
    let place: ClientPayloadWriter.Place
}

/// Where the records of clients belong: by the request that they name, else by the prompt, once a record of the same prompt named a
/// request. Bounded; the oldest is forgotten first.
struct SpanDirectory {
    private var calls = BoundedTable<RequestID, ClientPayloadWriter.Place>(capacity: 16_384)
    private var prompts = BoundedTable<Prompt, ClientPayloadWriter.Place>(capacity: 8_192)

    /// Of which clients sent spans.
    private var traces = BoundedTable<TraceID, Bool>(capacity: 8_192)

    private struct Prompt: Hashable {
        let session: String
        let prompt: String
    }

    mutating func add(_ call: FinishedCall) { calls.set(call.place, for: call.id) }

    /// Keeps which prompt a request was for, if it is known.
    mutating func learn(_ record: ClientRecord) {
        guard !record.prompt.isEmpty, !record.session.isEmpty, let id = RequestID(record.requestID),
            let place = calls[id]
        else { return }
        let prompt = Prompt(session: record.session, prompt: record.prompt)
        // The first request of a prompt stands for it.
        if prompts[prompt] == nil { prompts.set(place, for: prompt) }
    }

    mutating func learn(_ trace: TraceID) { traces.set(true, for: trace) }

    /// - Parameter isLast: nothing more will be known; a record whose request nobody knows goes to its prompt.
    func join(_ record: ClientRecord, isLast: Bool) -> ClientPayloadWriter.Join {
        if let trace = record.trace, traces[trace] != nil { return .its }
        if let id = RequestID(record.requestID) {
            if let place = calls[id] { return .ours(place) }
            if !isLast { return .unknown }
        }
        guard !record.prompt.isEmpty,
            let place = prompts[Prompt(session: record.session, prompt: record.prompt)]
        else { return .unknown }
        return .ours(place)
    }
}

/// A dictionary that forgets its oldest entry when it is full.
struct BoundedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var values: [Key: Value] = [:]
    private var order: [Key] = []
    /// The oldest in `order`, once that is full.
    private var oldest = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    subscript(_ key: Key) -> Value? { values[key] }

    /// Returns what had to be forgotten for it.
    @discardableResult
    mutating func set(_ value: Value, for key: Key) -> Value? {
        guard values.updateValue(value, forKey: key) == nil else { return nil }
        guard order.count == capacity else {
            order.append(key)
            return nil
        }
        let forgotten = values.removeValue(forKey: order[oldest])
        order[oldest] = key
        oldest = (oldest + 1) % capacity
        return forgotten
    }
}
